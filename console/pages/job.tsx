/** One job: where it stands, what became of its tasks, what it was told to do. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { adviceFor } from '../lib/advice.ts';
import { shortCount } from '../lib/format.ts';
import { useLive } from '../lib/live.ts';
import { titleOf } from '../lib/operations.ts';
import { go, useQuery } from '../lib/router.ts';
import { isEnded, isResting, STATUS } from '../lib/status.ts';
import type { JobPage as Page } from '../lib/types.ts';
import { JobActions } from '../parts/job-actions.tsx';
import { JobFailures } from '../parts/job-failures.tsx';
import { History } from '../parts/job-history.tsx';
import { JobOverview } from '../parts/job-overview.tsx';
import { JobParameters } from '../parts/job-parameters.tsx';
import { JobProgress } from '../parts/job-progress.tsx';
import { JobTags } from '../parts/job-tags.tsx';
import { ReportTable } from '../parts/report-table.tsx';
import { Failure, Loading, Stale } from '../parts/states.tsx';

const BUSY_MS = 1000;
const RESTING_MS = 5000;

export function JobPage({ jobId }: { readonly jobId: string }) {
  const [query, setQuery] = useQuery();
  const live = useLive<Page>(`jobs/${encodeURIComponent(jobId)}`, rhythmOf);
  const { data, error, refresh } = live;
  if (!data && error) return <NotThere error={error} onRetry={refresh} />;
  if (!data) return <Loading what="the job" />;
  const { job } = data;
  const failed = job.ProgressSummary.NumberOfTasksFailed;
  return (
    <SpaceBetween size="l">
      <Stale error={error} />
      <Header
        variant="h1"
        description={<JobId id={job.JobId} />}
        actions={<JobActions page={data} onChanged={refresh} />}
      >
        {job.Description ?? `${titleOf(Object.keys(job.Operation)[0] ?? '')} job`}
      </Header>
      {job.Status === 'Suspended' && <Confirm jobId={jobId} />}
      {(job.FailureReasons ?? []).map(({ FailureCode: code, FailureReason: reason }) => (
        <Alert key={code} type="error" header={`The job failed: ${code}`}>
          <SpaceBetween size="xs">
            <span>{reason}</span>
            <Box variant="small">{adviceFor(code)}</Box>
          </SpaceBetween>
        </Alert>
      ))}
      <JobProgress page={data} />
      <Tabs
        activeTabId={query.get('tab') ?? 'overview'}
        onChange={({ detail }) =>
          setQuery({ tab: detail.activeTabId === 'overview' ? '' : detail.activeTabId })
        }
        tabs={[
          { id: 'overview', label: 'Overview', content: <JobOverview page={data} /> },
          {
            id: 'failures',
            label: failed > 0 ? `Failures (${shortCount(failed)})` : 'Failures',
            content: <JobFailures page={data} />,
          },
          { id: 'report', label: 'Completion report', content: <ReportTable page={data} /> },
          { id: 'parameters', label: 'Parameters', content: <JobParameters page={data} /> },
          { id: 'tags', label: 'Tags', content: <JobTags page={data} onChanged={refresh} /> },
          { id: 'history', label: 'History', content: <History page={data} /> },
        ]}
      />
      <Box variant="small" color="text-body-secondary">
        {STATUS[job.Status].says}
        {isEnded(job.Status) && ' It is kept for 90 days.'}
      </Box>
    </SpaceBetween>
  );
}

function rhythmOf(page: Page | undefined): number {
  return page && isResting(page.job.Status) ? RESTING_MS : BUSY_MS;
}

function JobId({ id }: { readonly id: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      textToDisplay={`Job ${id}`}
      textToCopy={id}
      copyButtonAriaLabel="Copy job ID"
      copySuccessText="Copied"
      copyErrorText="The browser does not let this page copy; select the text instead."
    />
  );
}

function Confirm({ jobId }: { readonly jobId: string }) {
  return (
    <Alert
      type="info"
      header="This job awaits your confirmation to run"
      action={
        <Button variant="primary" onClick={() => go(`/jobs/${jobId}/run`)}>
          Run job
        </Button>
      }
    >
      Its list has been read and counted. Nothing happens until you run it.
    </Alert>
  );
}

interface NotThereProps {
  readonly error: NonNullable<ReturnType<typeof useLive>['error']>;
  readonly onRetry: () => void;
}

function NotThere({ error, onRetry }: NotThereProps) {
  if (error.code !== 'NotFoundException')
    return <Failure error={error} what="The job" onRetry={onRetry} />;
  return (
    <Alert
      type="warning"
      header="There is no such job"
      action={<Button onClick={() => go('/jobs')}>All jobs</Button>}
    >
      It may belong to another account, or have been forgotten: jobs are kept for 90 days after they
      end.
    </Alert>
  );
}
