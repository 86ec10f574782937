/** The list of jobs. Search, filter, order, page and columns stand in the address. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Multiselect from '@cloudscape-design/components/multiselect';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useMemo, useState } from 'react';
import { OPERATIONS } from '../lib/aws-operations.ts';
import { momentsOf } from '../lib/created.ts';
import * as format from '../lib/format.ts';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import { follow, go, hrefOf, useQuery } from '../lib/router.ts';
import { STATUS } from '../lib/status.ts';
import type { JobsPage as Page, JobStatus } from '../lib/types.ts';
import { CreatedFilter } from '../parts/created-filter.tsx';
import { Failure, Stale } from '../parts/states.tsx';
import { COLUMNS, IS_NARROW, SHOWN } from './jobs-columns.tsx';

const POLL_MS = 2000;
const SIZES = [20, 50, 100];

/** The shown ones in their order, then the hidden ones. */
function displayOf(shown: readonly string[]): { id: string; visible: boolean }[] {
  const known = shown.filter((id) => COLUMNS.some((column) => column.id === id));
  const hidden = COLUMNS.map(({ id }) => id).filter((id) => !known.includes(id));
  return [
    ...known.map((id) => ({ id, visible: true })),
    ...hidden.map((id) => ({ id, visible: false })),
  ];
}

const NO_FILTERS = { search: '', status: '', operation: '', created: '' };
const OPERATION_OPTIONS = OPERATIONS.map(({ id, title }) => ({ value: id, label: title }));
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
    .filter((one): one is JobStatus => Object.hasOwn(STATUS, one));
  const operations = of('operation')
    .split(',')
    .filter((one) => OPERATION_OPTIONS.some(({ value }) => value === one));
  const created = of('created');
  // Once for each choice: an address that moves with the clock would be another one at each look.
  const { from, before } = useMemo(() => momentsOf(created, Date.now()), [created]);
  const shown = of('columns', SHOWN).split(',');
  const path = `jobs${queryOf({
    page,
    size,
    sort,
    order: isDescending ? 'desc' : 'asc',
    search: of('search'),
    status: statuses.join(','),
    operation: operations.join(','),
    createdFrom: from,
    createdBefore: before,
  })}`;
  const { data, error, isLoading, refresh } = useLive<Page>(path, POLL_MS);
  const jobs = useLast(data);
  const pages = Math.max(1, Math.ceil((jobs?.total ?? 0) / size));
  const isFiltered = Object.keys(NO_FILTERS).some((name) => of(name) !== '');

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
          <Filters
            search={of('search')}
            statuses={statuses}
            operations={operations}
            created={created}
            countText={jobs && isFiltered ? `${format.count(jobs.total)} found` : ''}
            onChange={(changes) => setQuery({ ...changes, page: '' })}
          />
        }
        pagination={
          <Pagination
            currentPageIndex={Math.min(page, pages)}
            pagesCount={pages}
            onChange={({ detail }) => setQuery({ page: String(detail.currentPageIndex) })}
          />
        }
        preferences={
          <Preferences
            size={size}
            shown={shown}
            onChange={(changes) => setQuery({ ...changes, page: '' })}
          />
        }
        empty={
          isFiltered ? (
            <NothingFound onClear={() => setQuery({ ...NO_FILTERS, page: '' })} />
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

interface FiltersProps {
  readonly search: string;
  readonly statuses: readonly string[];
  readonly operations: readonly string[];
  /** As it stands in the address. */
  readonly created: string;
  readonly countText: string;
  readonly onChange: (changes: Record<string, string>) => void;
}

function Filters({ search, statuses, operations, created, countText, onChange }: FiltersProps) {
  return (
    <SpaceBetween size="xs" direction="horizontal">
      <Search
        value={search}
        onChange={(text) => onChange({ search: text })}
        countText={countText}
      />
      <Choices
        label="Filter by status"
        none="Any status"
        options={STATUS_OPTIONS}
        chosen={statuses}
        onChange={(status) => onChange({ status })}
      />
      <Choices
        label="Filter by operation"
        none="Any operation"
        options={OPERATION_OPTIONS}
        chosen={operations}
        onChange={(operation) => onChange({ operation })}
      />
      <CreatedFilter value={created} onChange={(value) => onChange({ created: value })} />
    </SpaceBetween>
  );
}

interface ChoicesProps {
  readonly label: string;
  readonly none: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly chosen: readonly string[];
  /** With commas between them, as in the address. */
  readonly onChange: (chosen: string) => void;
}

function Choices({ label, none, options, chosen, onChange }: ChoicesProps) {
  return (
    <Multiselect
      selectedOptions={options.filter(({ value }) => chosen.includes(value))}
      options={options}
      onChange={({ detail }) =>
        onChange(detail.selectedOptions.map(({ value }) => value).join(','))
      }
      placeholder={none}
      ariaLabel={label}
      tokenLimit={2}
      inlineTokens
    />
  );
}

interface PreferencesProps {
  readonly size: number;
  readonly shown: readonly string[];
  readonly onChange: (changes: Record<string, string>) => void;
}

function Preferences({ size, shown, onChange }: PreferencesProps) {
  const always = IS_NARROW ? 'description' : 'id';
  return (
    <CollectionPreferences
      title="Preferences"
      confirmLabel="Confirm"
      cancelLabel="Cancel"
      preferences={{ pageSize: size, contentDisplay: displayOf(shown) }}
      pageSizePreference={{
        title: 'Jobs per page',
        options: SIZES.map((value) => ({ value, label: String(value) })),
      }}
      contentDisplayPreference={{
        options: COLUMNS.map(({ id, name }) => ({
          id,
          label: name,
          alwaysVisible: id === always,
        })),
      }}
      onConfirm={({ detail }) => {
        const visible = (detail.contentDisplay ?? []).filter((one) => one.visible);
        const columns = visible.map(({ id }) => id).join(',');
        onChange({
          size: detail.pageSize === 20 ? '' : String(detail.pageSize),
          columns: columns === SHOWN ? '' : columns,
        });
      }}
    />
  );
}

interface SearchProps {
  readonly value: string;
  readonly countText: string;
  readonly onChange: (text: string) => void;
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
