/** The first rows of the list as a job would read them, with what is wrong marked. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useEffect } from 'react';
import * as format from '../lib/format.ts';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import type { Preview } from '../lib/types.ts';
import { Failure, Loading } from '../parts/states.tsx';
import type { StepProps } from './step-props.ts';

type Row = Preview['rows'][number];

export function ManifestPreview({ draft, set }: StepProps) {
  const { bucket, key, list, fields } = draft;
  const form = list === 'inventory' ? 'S3InventoryReport_CSV_20161130' : undefined;
  const query = queryOf({
    bucket,
    key,
    format: form,
    fields: list === 'csv' ? fields.join(',') : '',
  });
  const { data, error, refresh } = useLive<Preview>(`preview${query}`, 0);
  const guessed = data?.fields.join(',') ?? '';
  useEffect(() => {
    if (list === 'csv' && fields.length === 0 && guessed !== '')
      set({ fields: guessed.split(',') });
    // `set` is another function at each rendering, and the same in what it does.
  }, [list, fields.length, guessed]);
  if (error) return <Failure error={error} what="The preview" onRetry={refresh} />;
  if (!data) return <Loading what="the first rows" />;
  const bad = data.rows.filter(({ problem }) => problem !== undefined).length;
  const problems = [...new Set(data.rows.flatMap(({ problem }) => (problem ? [problem] : [])))];
  return (
    <Container
      header={
        <Header variant="h2" description={about(data)}>
          First rows
        </Header>
      }
    >
      <SpaceBetween size="m">
        {data.problem && (
          <Alert type="error" header="This list is not usable">
            {data.problem}
          </Alert>
        )}
        {bad > 0 && (
          <Alert
            type="error"
            header={`${bad} of these ${data.rows.length} rows ${bad === 1 ? 'has a problem' : 'have problems'}: the job would fail`}
          >
            {problems.slice(0, 5).map((problem) => (
              <div key={problem}>{problem}</div>
            ))}
          </Alert>
        )}
        {data.notShown && <Box color="text-body-secondary">{data.notShown}</Box>}
        {data.rows.length > 0 && (
          <Table
            variant="embedded"
            wrapLines
            contentDensity="compact"
            items={[...data.rows]}
            columnDefinitions={columnsOf(data)}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

function columnsOf(data: Preview): TableProps.ColumnDefinition<Row>[] {
  const widest = Math.max(...data.rows.map(({ cells }) => cells.length));
  const cells = Array.from({ length: Math.min(widest, 8) }, (_, i) => ({
    id: `cell-${i}`,
    header: data.fields[i] ?? `Column ${i + 1}`,
    cell: (row: Row) => <span className="key">{row.cells[i] ?? ''}</span>,
  }));
  return [
    { id: 'line', header: 'Line', width: 70, cell: ({ line }) => format.count(line) },
    {
      id: 'mark',
      header: 'Check',
      width: 110,
      cell: ({ problem }) =>
        problem === undefined ? (
          <StatusIndicator type="success">Fine</StatusIndicator>
        ) : (
          <StatusIndicator type="error">Problem</StatusIndicator>
        ),
    },
    ...cells,
  ];
}

function about({ size, files, file, rows }: Preview): string {
  if (files === undefined) return `Of an object of ${format.bytes(size)}.`;
  const names = `It names ${format.count(files)} ${files === 1 ? 'file' : 'files'} of rows`;
  return file !== undefined && rows.length > 0 ? `${names}; these are from ${file}.` : `${names}.`;
}
