/** The service itself: is everything well, who is at work, within which limits. */
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import * as format from '../lib/format.ts';
import { useLive } from '../lib/live.ts';
import type { SystemPage as Page } from '../lib/types.ts';
import { Failure, Loading, Stale } from '../parts/states.tsx';

const POLL_MS = 3000;

export function SystemPage() {
  const { data, error, refresh } = useLive<Page>('system', POLL_MS);
  if (!data && error) return <Failure error={error} what="The system page" onRetry={refresh} />;
  if (!data) return <Loading what="the system page" />;
  const { limits, fixedLimits: fixed, workers } = data;
  const of = (name: string): number => fixed[name] ?? 0;
  return (
    <SpaceBetween size="l">
      <Stale error={error} />
      <Header variant="h1">System</Header>
      <Container header={<Header variant="h2">Service</Header>}>
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: 'Version', value: `Bucket Brigade ${data.version}` },
            { label: 'Running for', value: format.duration((data.now - data.startedAt) / 1000) },
            { label: 'Account', value: data.account },
            { label: 'Database', value: data.database },
            { label: 'Region of job ARNs', value: data.region },
            { label: 'API endpoint', value: <span className="key">{location.origin}</span> },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">Object store</Header>}>
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: 'Endpoint', value: <span className="key">{data.endpoint}</span> },
            { label: 'Health', value: <Health store={data.store} /> },
            {
              label: 'Tasks per second, all workers',
              value: format.rate(workers.reduce((sum, worker) => sum + worker.rate, 0)),
            },
            {
              label: 'Kind',
              value: data.isSandbox
                ? 'The sandbox that comes with Bucket Brigade'
                : (data.store.kind ?? 'Not known'),
            },
          ]}
        />
      </Container>
      <Table
        header={
          <Header variant="h2" counter={`(${workers.length})`}>
            Workers
          </Header>
        }
        items={[...workers]}
        trackBy="name"
        columnDefinitions={[
          {
            id: 'name',
            header: 'Worker',
            isRowHeader: true,
            cell: ({ name }) => <span className="key">{name}</span>,
          },
          { id: 'host', header: 'Host', cell: ({ host, pid }) => `${host}, process ${pid}` },
          {
            id: 'flight',
            header: 'Requests in flight',
            cell: ({ inFlight, limit }) => `${format.count(inFlight)} of ${format.count(limit)}`,
          },
          { id: 'rate', header: 'Tasks per second', cell: ({ rate }) => format.rate(rate) },
          { id: 'since', header: 'Running since', cell: ({ startedAt }) => format.time(startedAt) },
        ]}
        wrapLines
        empty={
          <Box textAlign="center">
            No worker is running: jobs wait. Start one with brigade worker.
          </Box>
        }
      />
      <Container
        header={
          <Header variant="h2" description="The first two can be configured.">
            Limits
          </Header>
        }
      >
        <KeyValuePairs
          columns={3}
          minColumnWidth={200}
          items={[
            { label: 'Requests in flight, per worker', value: format.count(limits.requestsMax) },
            { label: 'Jobs that run at once', value: format.count(limits.activeJobsMax) },
            {
              label: 'Tasks of one chunk',
              value: `${format.count(of('chunkRows'))} to ${format.count(of('chunkRowsMax'))}`,
            },
            { label: 'Tags of a job', value: format.count(of('jobTagsMax')) },
            { label: 'A job waits for its confirmation', value: `${of('confirmationDays')} days` },
            { label: 'An ended job is kept', value: `${of('retentionDays')} days` },
            {
              label: 'Failure threshold',
              value: `More than ${of('thresholdShare') * 100} % failed, after ${format.count(of('thresholdTasks'))} tasks`,
            },
          ]}
        />
      </Container>
    </SpaceBetween>
  );
}

function Health({ store }: { readonly store: Page['store'] }) {
  const { status, answerMs, failure } = store;
  if (status === 0)
    return <StatusIndicator type="error">{failure ?? 'It does not answer'}</StatusIndicator>;
  if (status >= 500)
    return <StatusIndicator type="error">It answers HTTP {status}</StatusIndicator>;
  if (status >= 400) {
    return (
      <StatusIndicator type="warning">
        It answers, but refuses the list of buckets (HTTP {status})
      </StatusIndicator>
    );
  }
  return <StatusIndicator type="success">Answers in {format.count(answerMs)} ms</StatusIndicator>;
}
