/** The service itself: version, workers, endpoint, limits. */
import * as limits from '../../model/limits.ts';
import { anywhere } from './may.ts';
import type { View } from './deps.ts';

/** A store that takes longer is as good as away to somebody who looks at a page. */
const ASK_MS_MAX = 5000;

export const systemView: View = {
  method: 'GET',
  path: 'system',
  needs: anywhere('brigade:DescribeSystem'),

  async run({ signal }, { store, s3, clock, about, region, startedAt, leaseMs }) {
    const now = clock.now();
    const began = clock.monotonic();
    const [workers, answer, traits] = await Promise.all([
      store.workers(now - leaseMs),
      s3.send({ method: 'GET', silenceMs: ASK_MS_MAX }, signal),
      s3.traits(signal),
    ]);
    return {
      ...about,
      region,
      startedAt,
      now,
      workers,
      store: {
        /** 0: it does not answer, and `failure` says why. */
        status: answer.status,
        failure: answer.failure,
        answerMs: Math.round(clock.monotonic() - began),
        kind: traits?.name,
      },
      fixedLimits: {
        chunkRows: limits.CHUNK_ROWS,
        chunkRowsMax: limits.CHUNK_ROWS_MAX,
        jobTagsMax: limits.JOB_TAGS_MAX,
        confirmationDays: limits.CONFIRMATION_MS_MAX / 86_400_000,
        retentionDays: limits.JOB_RETENTION_MS / 86_400_000,
        thresholdTasks: limits.THRESHOLD_TASKS_MIN,
        thresholdShare: limits.THRESHOLD_FAILED_SHARE,
      },
    };
  },
};
