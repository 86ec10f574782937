import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { STATUS } from '../lib/status.ts';
import type { JobStatus } from '../lib/types.ts';

interface Props {
  readonly status: JobStatus;
  readonly failed?: number;
}

/** A job that is complete with failed tasks is no plain success. */
export function JobStatusLabel({ status, failed = 0 }: Props) {
  const { kind, label } = STATUS[status];
  if (status === 'Complete' && failed > 0) {
    return <StatusIndicator type="warning">Complete, with failures</StatusIndicator>;
  }
  return <StatusIndicator type={kind}>{label}</StatusIndicator>;
}
