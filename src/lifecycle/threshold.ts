import { THRESHOLD_FAILED_SHARE, THRESHOLD_TASKS_MIN } from '../model/limits.ts';
import type { JobFailure } from '../model/job.ts';

/**
 * The failure threshold: once at least 1,000 tasks have run, a job fails when more than half of
 * those that ran have failed. 999 failures of 999 end Complete; exactly half does not trip.
 * Source: AWS's guide, "Tracking job failure". The wording of the reason is unpublished.
 */
export function thresholdFailure(succeeded: number, failed: number): JobFailure | undefined {
  const ran = succeeded + failed;
  if (ran < THRESHOLD_TASKS_MIN || failed <= ran * THRESHOLD_FAILED_SHARE) return undefined;
  return {
    code: 'TaskFailureThresholdExceeded',
    reason: `${failed} of the ${ran} tasks that ran have failed, more than the threshold of 50 %. See the completion report for each task's error.`,
  };
}
