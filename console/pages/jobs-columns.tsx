/** The columns of the list of jobs. */
import Link from '@cloudscape-design/components/link';
import type { TableProps } from '@cloudscape-design/components/table';
import * as format from '../lib/format.ts';
import { titleOf } from '../lib/operations.ts';
import { follow, hrefOf } from '../lib/router.ts';
import { isEnded } from '../lib/status.ts';
import type { ListedJob } from '../lib/types.ts';
import { JobStatusLabel } from '../parts/job-status.tsx';

const failedOf = (job: ListedJob): number => job.ProgressSummary.NumberOfTasksFailed;
const doneOf = (job: ListedJob): number =>
  failedOf(job) + job.ProgressSummary.NumberOfTasksSucceeded;

export const COLUMNS: readonly (TableProps.ColumnDefinition<ListedJob> & {
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
    minWidth: 225,
    cell: (job) => <JobStatusLabel status={job.Status} failed={failedOf(job)} />,
  },
  {
    id: 'description',
    name: 'Description',
    header: 'Description',
    sortingField: 'description',
    minWidth: 180,
    cell: (job) => <Description job={job} />,
  },
  {
    id: 'operation',
    name: 'Operation',
    header: 'Operation',
    sortingField: 'operation',
    minWidth: 155,
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
export const IS_NARROW = matchMedia('(max-width: 688px)').matches;
/** Ids of the columns that are shown when nobody chose any. */
export const SHOWN = IS_NARROW ? NARROW : WIDE;

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
