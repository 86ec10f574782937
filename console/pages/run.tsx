/** Run job: the last look before objects are touched. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { draftOfJob } from '../lib/clone.ts';
import { useFlash } from '../lib/flash.ts';
import * as format from '../lib/format.ts';
import { change } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import type { OperationForm } from '../lib/operation-form.ts';
import { formOfOperation } from '../lib/operations.ts';
import { requestOf } from '../lib/request.ts';
import { go } from '../lib/router.ts';
import { useSession } from '../lib/session.ts';
import type { Estimate, JobPage } from '../lib/types.ts';
import { JobOverview } from '../parts/job-overview.tsx';
import { Failure, Loading } from '../parts/states.tsx';
import { newToken } from '../lib/token.ts';

const POLL_MS = 2000;

export function RunPage({ jobId }: { readonly jobId: string }) {
  const { data, error, refresh } = useLive<JobPage>(`jobs/${jobId}`, POLL_MS);
  const counted = data?.job.Status === 'Suspended' ? `jobs/${jobId}/estimate` : undefined;
  const { data: estimate } = useLive<Estimate>(counted, 0);
  if (!data && error) return <Failure error={error} what="The job" onRetry={refresh} />;
  if (!data) return <Loading what="the job" />;
  const { job } = data;
  const { form } = formOfOperation(job.Operation);
  const total = job.ProgressSummary.TotalNumberOfTasks;
  if (job.Status !== 'Suspended') return <NotWaiting page={data} />;
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={job.Description}>
        Run job
      </Header>
      <Container header={<Header variant="h2">What will happen</Header>}>
        <SpaceBetween size="m">
          <KeyValuePairs
            columns={3}
            minColumnWidth={200}
            items={[
              {
                label: 'Total objects listed in manifest',
                value: <Box fontSize="display-l">{format.count(total)}</Box>,
              },
              {
                label: 'Operation',
                value: (
                  <Box fontSize="heading-m">{form?.title ?? Object.keys(job.Operation)[0]}</Box>
                ),
              },
              {
                label: 'Estimated time',
                value: <Box fontSize="heading-m">{timeOf(estimate)}</Box>,
              },
              {
                label: 'Requests to the store',
                value: form ? <Requests form={form} total={total} /> : '–',
              },
              { label: 'How the time was estimated', value: basisOf(estimate) },
            ]}
          />
          {form?.warning && <Alert type="warning">{form.warning}</Alert>}
        </SpaceBetween>
      </Container>
      <JobOverview page={data} />
      <Buttons page={data} />
    </SpaceBetween>
  );
}

function Requests({ form, total }: { readonly form: OperationForm; readonly total: number }) {
  const least = format.count(total * form.requestsMin);
  return (
    <>
      {form.requestsMin > 1 ? 'About' : 'At least'} {least}
      <Box variant="small">Per object: {form.requests}.</Box>
    </>
  );
}

function Buttons({ page: { job, tags } }: { readonly page: JobPage }) {
  const { account } = useSession();
  const tell = useFlash();
  const [busy, setBusy] = useState('');
  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    setBusy(what);
    try {
      await act();
    } catch (failure) {
      const content = failure instanceof Error ? failure.message : String(failure);
      tell({ type: 'error', header: 'That did not work', content });
      setBusy('');
    }
  };
  const run = async (): Promise<void> => {
    await change('POST', `jobs/${job.JobId}/status`, { status: 'Ready' });
    go(`/jobs/${job.JobId}`);
    tell({ type: 'success', header: 'The job runs as soon as it is its turn.' });
  };
  const tryDry = async (): Promise<void> => {
    const draft = { ...draftOfJob(job, tags, account), isDryRun: true };
    const description = `Dry run: ${job.Description ?? job.JobId}`.slice(0, 256);
    const request = requestOf(
      { ...draft, description, reportScope: 'AllTasks' },
      newToken(),
      account,
    );
    // It changes nothing, so nobody has to confirm it.
    const asked = { ...request, ConfirmationRequired: false };
    const { jobId } = await change<{ jobId: string }>('POST', 'jobs', asked);
    go(`/jobs/${jobId}`);
    tell({
      type: 'info',
      header: 'This is the dry run.',
      content: `It tells what each task would meet and changes nothing. Job ${job.JobId} still waits for you.`,
    });
  };
  return (
    <Box float="right">
      <SpaceBetween size="xs" direction="horizontal">
        <Button variant="link" onClick={() => go(`/jobs/${job.JobId}`)}>
          Not now
        </Button>
        <Button loading={busy === 'dry'} onClick={() => void attempt('dry', tryDry)}>
          Try a dry run first
        </Button>
        <Button variant="primary" loading={busy === 'run'} onClick={() => void attempt('run', run)}>
          Run job
        </Button>
      </SpaceBetween>
    </Box>
  );
}

function NotWaiting({ page: { job } }: { readonly page: JobPage }) {
  const isComing = job.Status === 'New' || job.Status === 'Preparing';
  if (isComing) {
    return (
      <Alert type="info" header="The list is still being read">
        {format.count(job.ProgressSummary.TotalNumberOfTasks)} objects so far. This page goes on by
        itself.
      </Alert>
    );
  }
  return (
    <Alert
      type="info"
      header={`The job does not wait for a confirmation: it is ${job.Status}`}
      action={<Button onClick={() => go(`/jobs/${job.JobId}`)}>Show the job</Button>}
    />
  );
}

function timeOf(estimate: Estimate | undefined): string {
  if (!estimate) return '…';
  return estimate.seconds === undefined
    ? 'Not known'
    : `About ${format.duration(Math.max(1, estimate.seconds))}`;
}

function basisOf(estimate: Estimate | undefined): string {
  if (!estimate) return '…';
  const { rate, comparedJobs: jobs, limit } = estimate;
  if (rate === undefined)
    return 'No job of this operation has completed here yet, so nobody knows its rate. A dry run tells more.';
  const limited = limit === undefined ? '' : `, limited to ${format.rate(limit)} by the job`;
  if (jobs === 0) return `At the job's own limit of ${format.rate(rate)} tasks per second.`;
  return `At ${format.rate(rate)} tasks per second, as in the last ${jobs === 1 ? 'job' : `${jobs} jobs`} of this operation${limited}.`;
}
