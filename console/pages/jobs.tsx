/** The list of jobs. Search, filter, order, page and columns stand in the address. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import Multiselect from '@cloudscape-design/components/multiselect';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useState } from 'react';
import * as format from '../lib/format.ts';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import { titleOf } from '../lib/operations.ts';
import { follow, go, hrefOf, useQuery } from '../lib/router.ts';
import { isEnded, STATUS } from '../lib/status.ts';
import type { JobsPage as Page, JobStatus, ListedJob } from '../lib/types.ts';
import { JobStatusLabel } from '../parts/job-status.tsx';
import { Failure, Stale } from '../parts/states.tsx';

const POLL_MS = 2000;
const SIZES = [20, 50, 100];

const failedOf = (job: ListedJob): number => job.ProgressSummary.NumberOfTasksFailed;
const doneOf = (job: ListedJob): number =>
  failedOf(job) + job.ProgressSummary.NumberOfTasksSucceeded;

const COLUMNS: readonly (TableProps.ColumnDefinition<ListedJob> & {
  readonly id: string;
  readonly name: string;
})[] = [
  {
    id: 'id',
    name: 'Job ID',
    header: 'Job ID',
    isRowHeader: true,
    minWidth: 110,
    cell: (job) => (
      <Link href={hrefOf(`/jobs/${job.JobId}`)} onFollow={follow}>
        <span title={job.JobId}>{job.JobId.slice(0, 8)}…</span>
      </Link>
    ),
  },
  {
    id: 'status',
    name: 'Status',
    header: 'Status',
    sortingField: 'status',
    minWidth: 200,
    cell: (job) => <JobStatusLabel status={job.Status} failed={failedOf(job)} />,
  },
  {
    id: 'description',
    name: 'Description',
    header: 'Description',
    sortingField: 'description',
    minWidth: 200,
    cell: (job) => <Description job={job} />,
  },
  {
    id: 'operation',
    name: 'Operation',
    header: 'Operation',
    sortingField: 'operation',
    minWidth: 170,
    cell: (job) => titleOf(job.Operation),
  },
  {
    id: 'progress',
    name: '% complete',
    header: '% complete',
    sortingField: 'progress',
    minWidth: 140,
    cell: (job) => <Progress job={job} />,
  },
  {
    id: 'total',
    name: 'Total objects',
    header: 'Total objects',
    sortingField: 'total',
    minWidth: 115,
    cell: (job) => <Count value={job.ProgressSummary.TotalNumberOfTasks || undefined} />,
  },
  {
    id: 'failed',
    name: 'Failed',
    header: 'Failed',
    sortingField: 'failed',
    minWidth: 90,
    cell: (job) => <Count value={failedOf(job)} />,
  },
  {
    id: 'priority',
    name: 'Priority',
    header: 'Priority',
    sortingField: 'priority',
    minWidth: 95,
    cell: (job) => <Count value={job.Priority} />,
  },
  {
    id: 'created',
    name: 'Date created',
    header: 'Date created',
    sortingField: 'created',
    minWidth: 190,
    cell: (job) => format.shortTime(job.CreationTime),
  },
  {
    id: 'ended',
    name: 'Date ended',
    header: 'Date ended',
    sortingField: 'ended',
    minWidth: 190,
    cell: (job) => format.shortTime(job.TerminationDate),
  },
];
const WIDE = 'id,status,description,operation,progress,total,failed,priority,created';
/** On a phone there is room for little. */
const NARROW = 'description,status,progress';
const IS_NARROW = matchMedia('(max-width: 688px)').matches;
const SHOWN = IS_NARROW ? NARROW : WIDE;

/** The shown ones in their order, then the hidden ones. */
function displayOf(shown: readonly string[]): { id: string; visible: boolean }[] {
  const known = shown.filter((id) => COLUMNS.some((column) => column.id === id));
  const hidden = COLUMNS.map(({ id }) => id).filter((id) => !known.includes(id));
  return [
    ...known.map((id) => ({ id, visible: true })),
    ...hidden.map((id) => ({ id, visible: false })),
  ];
}

const STATUS_OPTIONS = Object.entries(STATUS).map(([value, { label }]) => ({ value, label }));

export function JobsPage() {
  const [query, setQuery] = useQuery();
  const of = (name: string, fallback = ''): string => query.get(name) ?? fallback;
  const page = Math.max(1, Number(of('page', '1')) || 1);
  const size = SIZES.find((one) => String(one) === of('size')) ?? 20;
  const sort = of('sort', 'created');
  const isDescending = of('order', 'desc') !== 'asc';
  const statuses = of('status')
    .split(',')
    .filter((one): one is JobStatus => one in STATUS);
  const shown = of('columns', SHOWN).split(',');
  const path = `jobs${queryOf({
    page,
    size,
    sort,
    order: isDescending ? 'desc' : 'asc',
    search: of('search'),
    status: statuses.join(','),
  })}`;
  const { data, error, isLoading, refresh } = useLive<Page>(path, POLL_MS);
  const jobs = useLast(data);
  const pages = Math.max(1, Math.ceil((jobs?.total ?? 0) / size));
  const isFiltered = of('search') !== '' || statuses.length > 0;

  if (!jobs && error) return <Failure error={error} what="The list of jobs" onRetry={refresh} />;
  return (
    <SpaceBetween size="m">
      <Stale error={jobs && error} />
      <Table
        variant="full-page"
        stickyHeader
        resizableColumns
        wrapLines
        enableKeyboardNavigation
        items={jobs ? [...jobs.jobs] : []}
        trackBy="JobId"
        loading={isLoading && !jobs}
        loadingText="Loading jobs"
        columnDefinitions={COLUMNS}
        columnDisplay={displayOf(shown)}
        sortingColumn={COLUMNS.find((column) => column.sortingField === sort)}
        sortingDescending={isDescending}
        onSortingChange={({ detail }) =>
          setQuery({
            sort: detail.sortingColumn.sortingField ?? '',
            order: detail.isDescending ? 'desc' : 'asc',
            page: '',
          })
        }
        header={
          <Header
            variant="awsui-h1-sticky"
            counter={jobs && `(${format.count(jobs.total)})`}
            description="Each job runs one operation on every object of a list."
            actions={
              <Button variant="primary" href={hrefOf('/create')} onFollow={follow}>
                Create job
              </Button>
            }
          >
            Jobs
          </Header>
        }
        filter={
          <SpaceBetween size="xs" direction="horizontal">
            <Search
              value={of('search')}
              onChange={(search) => setQuery({ search, page: '' })}
              countText={jobs && isFiltered ? `${format.count(jobs.total)} found` : ''}
            />
            <Multiselect
              selectedOptions={STATUS_OPTIONS.filter(({ value }) =>
                statuses.some((one) => one === value),
              )}
              options={STATUS_OPTIONS}
              onChange={({ detail }) =>
                setQuery({
                  status: detail.selectedOptions.map(({ value }) => value).join(','),
                  page: '',
                })
              }
              placeholder="Any status"
              ariaLabel="Filter by status"
              tokenLimit={2}
              inlineTokens
            />
          </SpaceBetween>
        }
        pagination={
          <Pagination
            currentPageIndex={Math.min(page, pages)}
            pagesCount={pages}
            onChange={({ detail }) => setQuery({ page: String(detail.currentPageIndex) })}
          />
        }
        preferences={
          <CollectionPreferences
            title="Preferences"
            confirmLabel="Confirm"
            cancelLabel="Cancel"
            preferences={{
              pageSize: size,
              contentDisplay: displayOf(shown),
            }}
            pageSizePreference={{
              title: 'Jobs per page',
              options: SIZES.map((value) => ({ value, label: String(value) })),
            }}
            contentDisplayPreference={{
              options: COLUMNS.map(({ id, name }) => ({
                id,
                label: name,
                alwaysVisible: id === (IS_NARROW ? 'description' : 'id'),
              })),
            }}
            onConfirm={({ detail }) => {
              const visible = (detail.contentDisplay ?? []).filter((one) => one.visible);
              const columns = visible.map(({ id }) => id).join(',');
              setQuery({
                size: detail.pageSize === 20 ? '' : String(detail.pageSize),
                columns: columns === SHOWN ? '' : columns,
                page: '',
              });
            }}
          />
        }
        empty={
          isFiltered ? (
            <NothingFound onClear={() => setQuery({ search: '', status: '', page: '' })} />
          ) : (
            <NoJobs />
          )
        }
      />
    </SpaceBetween>
  );
}

/** Of the page before, while the next one is on its way: nothing jumps. */
function useLast<T>(data: T | undefined): T | undefined {
  const [last, setLast] = useState(data);
  useEffect(() => {
    if (data !== undefined) setLast(data);
  }, [data]);
  return data ?? last;
}

interface SearchProps {
  readonly value: string;
  readonly countText: string;
  readonly onChange: (text: string) => void;
}

/** Without the column of ids, this is the way to the job. */
function Description({ job }: { readonly job: ListedJob }) {
  const text = job.Description ?? '–';
  if (!IS_NARROW) return text;
  return (
    <Link href={hrefOf(`/jobs/${job.JobId}`)} onFollow={follow}>
      {job.Description ?? job.JobId}
    </Link>
  );
}

/** Not a call for every key. */
function Search({ value, countText, onChange }: SearchProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <TextFilter
      filteringText={text}
      filteringPlaceholder="Find by description or job ID"
      filteringAriaLabel="Find jobs by description or job ID"
      countText={countText}
      onChange={({ detail }) => setText(detail.filteringText)}
      onDelayedChange={({ detail }) => onChange(detail.filteringText)}
    />
  );
}

function Progress({ job }: { readonly job: ListedJob }) {
  const total = job.ProgressSummary.TotalNumberOfTasks;
  if (total === 0) return <>{isEnded(job.Status) ? '–' : 'Counting'}</>;
  const done = format.percent(doneOf(job), total);
  return (
    <div className="progress-cell">
      <progress value={done} max={100} aria-label={`${done} percent complete`} />
      <span>{done} %</span>
    </div>
  );
}

/** Undefined: not known, or nothing to count. */
function Count({ value }: { readonly value: number | undefined }) {
  return <span className="number">{value === undefined ? '–' : format.count(value)}</span>;
}

function NoJobs() {
  return (
    <Box textAlign="center" padding={{ vertical: 'l' }}>
      <SpaceBetween size="s">
        <Box variant="strong">No jobs yet</Box>
        <Box color="text-body-secondary">
          A job runs one operation on every object of a list: a manifest of yours, or one that is
          generated from a bucket. What you create here waits until you choose Run job.
        </Box>
        <Button onClick={() => go('/create')}>Create job</Button>
      </SpaceBetween>
    </Box>
  );
}

function NothingFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <Box textAlign="center" padding={{ vertical: 'l' }}>
      <SpaceBetween size="s">
        <Box variant="strong">No job fits</Box>
        <Button onClick={onClear}>Clear search and filter</Button>
      </SpaceBetween>
    </Box>
  );
}
