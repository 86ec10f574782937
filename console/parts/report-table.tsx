/** The rows of the completion report, a page at a time, and its files. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useEffect, useState } from 'react';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import { useQuery } from '../lib/router.ts';
import { isEnded } from '../lib/status.ts';
import type { JobPage, ReportRow, ReportRows } from '../lib/types.ts';
import { Failure } from './states.tsx';

const SIZE = 50;

const COLUMNS: readonly TableProps.ColumnDefinition<ReportRow>[] = [
  {
    id: 'key',
    header: 'Key',
    isRowHeader: true,
    minWidth: 220,
    cell: (row) => <span className="key">{row.key}</span>,
  },
  {
    id: 'status',
    header: 'Task status',
    minWidth: 120,
    cell: (row) => (
      <StatusIndicator type={row.status === 'failed' ? 'error' : 'success'}>
        {row.status === 'failed' ? 'Failed' : 'Succeeded'}
      </StatusIndicator>
    ),
  },
  { id: 'http', header: 'HTTP', minWidth: 75, cell: (row) => row.httpStatus },
  { id: 'code', header: 'Error code', minWidth: 140, cell: (row) => row.errorCode || '–' },
  { id: 'message', header: 'Result message', minWidth: 220, cell: (row) => row.message || '–' },
  {
    id: 'version',
    header: 'Version ID',
    minWidth: 120,
    cell: (row) => <span className="key">{row.versionId || '–'}</span>,
  },
  { id: 'bucket', header: 'Bucket', minWidth: 120, cell: (row) => row.bucket },
];

const STATUSES = [
  { value: 'all', label: 'All tasks of the report' },
  { value: 'failed', label: 'Failed' },
  { value: 'succeeded', label: 'Succeeded' },
];

export function ReportTable({ page }: { readonly page: JobPage }) {
  const { job } = page;
  if (!job.Report.Enabled) {
    return (
      <Box color="text-body-secondary">
        No completion report was asked for when this job was created.
      </Box>
    );
  }
  if (!isEnded(job.Status)) {
    return (
      <Box color="text-body-secondary">
        The completion report is written when the job ends, also when it is cancelled or fails. The
        failures so far are under Failures.
      </Box>
    );
  }
  return <Rows jobId={job.JobId} scope={job.Report.ReportScope ?? 'AllTasks'} />;
}

function Rows({ jobId, scope }: { readonly jobId: string; readonly scope: string }) {
  const [query, setQuery] = useQuery();
  const of = (name: string, fallback = ''): string => query.get(name) ?? fallback;
  const filter = { rows: of('rows', 'all'), code: of('code'), key: of('key') };
  const filterId = JSON.stringify(filter);
  // Places of the pages so far: a report can only be read forwards.
  const [places, setPlaces] = useState<readonly string[]>(['']);
  useEffect(() => setPlaces(['']), [filterId]);
  const from = places.at(-1) ?? '';
  const { data, error, isLoading, refresh } = useLive<ReportRows>(
    `jobs/${jobId}/report${queryOf({ ...filter, from, size: SIZE })}`,
    0,
  );
  const isPartial = data !== undefined && data.next !== undefined && data.rows.length < SIZE;
  if (error) return <Failure error={error} what="The report" onRetry={refresh} />;
  return (
    <SpaceBetween size="m">
      <Table
        items={data ? [...data.rows] : []}
        columnDefinitions={COLUMNS}
        loading={isLoading}
        loadingText="Reading the report"
        resizableColumns
        wrapLines
        variant="container"
        header={
          <Header
            variant="h2"
            description={
              scope === 'AllTasks' ? 'All tasks.' : 'Failed tasks only, as the job asked.'
            }
            actions={
              <SpaceBetween size="xs" direction="horizontal">
                <Button
                  disabled={places.length === 1}
                  iconName="angle-left"
                  onClick={() => setPlaces(places.slice(0, -1))}
                >
                  Previous
                </Button>
                <Button
                  disabled={data?.next === undefined}
                  iconName="angle-right"
                  iconAlign="right"
                  onClick={() => setPlaces([...places, data?.next ?? ''])}
                >
                  {isPartial ? 'Search on' : 'Next'}
                </Button>
              </SpaceBetween>
            }
          >
            Rows
          </Header>
        }
        filter={<Filter filter={filter} onChange={setQuery} />}
        footer={
          <Box variant="small">
            Page {places.length}
            {isPartial &&
              ': this part of the report has no more rows that fit; Search on reads the next part.'}
          </Box>
        }
        empty={
          <Box textAlign="center">
            {data?.next === undefined ? 'No row fits.' : 'No row fits in this part of the report.'}
          </Box>
        }
      />
      <Files data={data} />
    </SpaceBetween>
  );
}

interface FilterProps {
  readonly filter: { readonly rows: string; readonly code: string; readonly key: string };
  readonly onChange: (changes: Record<string, string>) => void;
}

function Filter({ filter, onChange }: FilterProps) {
  const [key, setKey] = useState(filter.key);
  const [code, setCode] = useState(filter.code);
  useEffect(() => setCode(filter.code), [filter.code]);
  const apply = (): void => onChange({ key, code });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <Grid
        gridDefinition={[
          { colspan: { default: 12, s: 3 } },
          { colspan: { default: 12, s: 3 } },
          { colspan: { default: 12, s: 4 } },
          { colspan: { default: 12, s: 2 } },
        ]}
      >
        <FormField label="Task status">
          <Select
            selectedOption={STATUSES.find(({ value }) => value === filter.rows) ?? null}
            options={STATUSES}
            onChange={({ detail }) =>
              onChange({
                rows:
                  detail.selectedOption.value === 'all' ? '' : (detail.selectedOption.value ?? ''),
              })
            }
          />
        </FormField>
        <FormField label="Error code">
          <Input
            value={code}
            placeholder="AccessDenied"
            onChange={({ detail }) => setCode(detail.value)}
          />
        </FormField>
        <FormField label="Key holds">
          <Input
            value={key}
            placeholder="photos/2026"
            onChange={({ detail }) => setKey(detail.value)}
          />
        </FormField>
        <Box padding={{ top: 'xl' }}>
          <Button formAction="submit">Filter</Button>
        </Box>
      </Grid>
    </form>
  );
}

function Files({ data }: { readonly data: ReportRows | undefined }) {
  if (!data?.bucket) return null;
  if (data.files.length === 0) return <Alert type="info">The report has no files of rows.</Alert>;
  return (
    <ExpandableSection headerText={`Files (${data.files.length + 1})`} variant="container">
      <SpaceBetween size="xs">
        {[
          { status: 'index', key: data.key ?? '', bucket: data.bucket, md5: '' },
          ...data.files,
        ].map((file) => (
          <div key={file.key} className="key">
            s3://{file.bucket}/{file.key} ({file.status})
          </div>
        ))}
      </SpaceBetween>
    </ExpandableSection>
  );
}
