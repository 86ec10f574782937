/** Why tasks failed, and what to do about it. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { adviceFor } from '../lib/advice.ts';
import * as format from '../lib/format.ts';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import { follow, go, hrefOf } from '../lib/router.ts';
import { isEnded } from '../lib/status.ts';
import type { FailureCount, Failures, JobPage } from '../lib/types.ts';
import { Failure, Loading } from './states.tsx';

const POLL_MS = 5000;

export function JobFailures({ page }: { readonly page: JobPage }) {
  const { job } = page;
  const failed = job.ProgressSummary.NumberOfTasksFailed;
  const isOver = isEnded(job.Status);
  const path = failed > 0 ? `jobs/${job.JobId}/failures` : undefined;
  const { data, error, isLoading, refresh } = useLive<Failures>(path, isOver ? 0 : POLL_MS);
  if (failed === 0) {
    const text = isOver ? 'No task failed.' : 'No task has failed so far.';
    return <Box color="text-body-secondary">{text}</Box>;
  }
  if (error && !data) return <Failure error={error} what="The error codes" onRetry={refresh} />;
  if (isLoading || !data) return <Loading what="the error codes" />;
  if (data.reasons.length === 0) {
    const why = job.Report.Enabled
      ? 'The rows of the failed tasks are not here yet.'
      : 'The job has no completion report, so nothing tells any more which tasks failed.';
    return <Box color="text-body-secondary">{why}</Box>;
  }
  return (
    <SpaceBetween size="m">
      {isOver && job.Report.Enabled && (
        <Alert
          type="info"
          header={`${format.count(failed)} failed ${failed === 1 ? 'task' : 'tasks'} can be run again`}
          action={<Button onClick={() => go(`/create?retry=${job.JobId}`)}>Retry failed</Button>}
        >
          A new job with the failed rows of this job&apos;s report, and the same operation.
        </Alert>
      )}
      {data.reasons.map((reason) => (
        <Reason
          key={reason.code}
          reason={reason}
          jobId={job.JobId}
          hasReport={isOver}
          rows={data.rows}
        />
      ))}
      {!data.isWhole && (
        <Box variant="small">Counted in the first {format.count(data.rows)} failed tasks.</Box>
      )}
    </SpaceBetween>
  );
}

interface ReasonProps {
  readonly reason: FailureCount;
  readonly jobId: string;
  readonly hasReport: boolean;
  readonly rows: number;
}

function Reason({ reason, jobId, hasReport, rows }: ReasonProps) {
  const { code, count, httpStatus, message, keys } = reason;
  const table = `/jobs/${jobId}${queryOf({ tab: 'report', rows: 'failed', code })}`;
  const share = `${format.percent(count, rows)} % of the failed tasks`;
  return (
    <Container
      header={
        <Header
          variant="h3"
          counter={`(${format.count(count)})`}
          description={`HTTP ${httpStatus} · ${share}`}
          actions={
            hasReport && (
              <Link href={hrefOf(table)} onFollow={follow}>
                Show these rows
              </Link>
            )
          }
        >
          {code}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <div>{message}</div>
        <div>
          <Box variant="awsui-key-label">What to do</Box>
          {adviceFor(code)}
        </div>
        <div>
          <Box variant="awsui-key-label">For example</Box>
          {keys.map((key, i) => (
            <div key={i} className="key">
              {key}
            </div>
          ))}
        </div>
      </SpaceBetween>
    </Container>
  );
}
