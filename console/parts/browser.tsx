/** The store's buckets and objects, to choose one of them. */
import Box from '@cloudscape-design/components/box';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Button from '@cloudscape-design/components/button';
import Link from '@cloudscape-design/components/link';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import * as format from '../lib/format.ts';
import { queryOf } from '../lib/http.ts';
import { useLive } from '../lib/live.ts';
import type { ObjectsPage } from '../lib/types.ts';
import { Failure } from './states.tsx';

interface Props {
  readonly title: string;
  readonly chooses: 'bucket' | 'prefix' | 'object';
  readonly start: { readonly bucket: string; readonly prefix: string };
  readonly onClose: () => void;
  /** `key`: of the object, or the prefix. */
  readonly onChoose: (chosen: { readonly bucket: string; readonly key: string }) => void;
}

interface Entry {
  readonly name: string;
  readonly kind: 'bucket' | 'folder' | 'object';
  readonly key: string;
  readonly size?: number;
  readonly modifiedAt?: string;
}

export function Browser({ title, chooses, start, onClose, onChoose }: Props) {
  const [bucket, setBucket] = useState(chooses === 'bucket' ? '' : start.bucket);
  const [prefix, setPrefix] = useState(start.prefix);
  const [chosen, setChosen] = useState<Entry>();
  const enter = (nextBucket: string, nextPrefix: string): void => {
    setBucket(nextBucket);
    setPrefix(nextPrefix);
    setChosen(undefined);
  };
  const open = (entry: Entry): void => {
    if (entry.kind === 'bucket') enter(entry.name, '');
    else if (entry.kind === 'folder') enter(bucket, entry.key);
    else setChosen(entry);
  };
  const result = resultOf(chooses, bucket, prefix, chosen);
  return (
    <Modal
      visible
      size="large"
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!result} onClick={() => result && onChoose(result)}>
              {result ? `Choose ${shortened(result.bucket, result.key)}` : 'Choose'}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <BreadcrumbGroup
          ariaLabel="Place"
          items={crumbsOf(bucket, prefix)}
          onFollow={(event) => {
            event.preventDefault();
            const [nextBucket = '', ...rest] = event.detail.href.slice(1).split('/');
            enter(nextBucket, rest.join('/'));
          }}
        />
        {bucket === '' ? (
          <Buckets
            chosen={chosen}
            canEnter={chooses !== 'bucket'}
            onOpen={open}
            onChoose={setChosen}
          />
        ) : (
          <Objects
            key={`${bucket}/${prefix}`}
            bucket={bucket}
            prefix={prefix}
            chosen={chosen}
            withObjects={chooses === 'object'}
            onOpen={open}
            onChoose={setChosen}
          />
        )}
      </SpaceBetween>
    </Modal>
  );
}

function resultOf(
  chooses: Props['chooses'],
  bucket: string,
  prefix: string,
  chosen: Entry | undefined,
) {
  if (chooses === 'object') {
    return chosen?.kind === 'object' ? { bucket, key: chosen.key } : undefined;
  }
  if (chosen?.kind === 'bucket') return { bucket: chosen.name, key: '' };
  if (bucket === '') return undefined;
  return { bucket, key: chosen?.kind === 'folder' ? chosen.key : prefix };
}

function shortened(bucket: string, key: string): string {
  const text = key === '' ? bucket : key;
  return text.length > 40 ? `…${text.slice(-40)}` : text;
}

function crumbsOf(bucket: string, prefix: string) {
  const parts = prefix.split('/').slice(0, -1);
  return [
    { text: 'Buckets', href: '#' },
    ...(bucket === '' ? [] : [{ text: bucket, href: `#${bucket}/` }]),
    ...parts.map((text, i) => ({ text, href: `#${bucket}/${parts.slice(0, i + 1).join('/')}/` })),
  ];
}

interface ListProps {
  readonly chosen: Entry | undefined;
  readonly onOpen: (entry: Entry) => void;
  readonly onChoose: (entry: Entry) => void;
}

function Buckets({ canEnter, ...props }: ListProps & { readonly canEnter: boolean }) {
  const { data, error, isLoading, refresh } = useLive<{
    buckets: { name: string; createdAt?: string }[];
  }>('buckets', 0);
  if (error) return <Failure error={error} what="The buckets" onRetry={refresh} />;
  const entries = (data?.buckets ?? []).map(({ name, createdAt }): Entry => ({
    name,
    kind: 'bucket',
    key: name,
    ...(createdAt === undefined ? {} : { modifiedAt: createdAt }),
  }));
  return (
    <Entries
      {...props}
      entries={entries}
      isLoading={isLoading}
      opens={canEnter}
      empty="There are no buckets."
    />
  );
}

interface ObjectsProps extends ListProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly withObjects: boolean;
}

function Objects({ bucket, prefix, withObjects, ...props }: ObjectsProps) {
  const [places, setPlaces] = useState<readonly string[]>(['']);
  const query = queryOf({ bucket, prefix, from: places.at(-1) });
  const { data, error, isLoading, refresh } = useLive<ObjectsPage>(`objects${query}`, 0);
  if (error) return <Failure error={error} what="The objects" onRetry={refresh} />;
  const folders = (data?.folders ?? []).map((key): Entry => ({
    name: key.slice(prefix.length),
    kind: 'folder',
    key,
  }));
  const objects = (data?.objects ?? []).map((object): Entry => ({
    ...object,
    name: object.key.slice(prefix.length) || object.key,
    kind: 'object',
  }));
  return (
    <SpaceBetween size="s">
      <Entries
        {...props}
        entries={[...folders, ...(withObjects ? objects : [])]}
        isLoading={isLoading}
        opens
        empty={withObjects ? 'There is nothing here.' : 'There are no folders here.'}
      />
      <Box float="right">
        <SpaceBetween size="xs" direction="horizontal">
          <Button disabled={places.length === 1} onClick={() => setPlaces(places.slice(0, -1))}>
            Previous
          </Button>
          <Button
            disabled={data?.next === undefined}
            onClick={() => setPlaces([...places, data?.next ?? ''])}
          >
            Next
          </Button>
        </SpaceBetween>
      </Box>
    </SpaceBetween>
  );
}

interface EntriesProps extends ListProps {
  readonly entries: readonly Entry[];
  readonly isLoading: boolean;
  readonly opens: boolean;
  readonly empty: string;
}

function Entries({ entries, isLoading, opens, empty, chosen, onOpen, onChoose }: EntriesProps) {
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      selectionType="single"
      trackBy="key"
      items={[...entries]}
      selectedItems={chosen ? [chosen] : []}
      onSelectionChange={({ detail }) =>
        detail.selectedItems[0] && onChoose(detail.selectedItems[0])
      }
      onRowClick={({ detail }) => onChoose(detail.item)}
      loading={isLoading}
      loadingText="Loading"
      empty={<Box textAlign="center">{empty}</Box>}
      ariaLabels={{
        selectionGroupLabel: 'Choose one',
        itemSelectionLabel: (_, entry) => entry.name,
      }}
      columnDefinitions={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          cell: (entry) =>
            opens && entry.kind !== 'object' ? (
              <Link
                onFollow={(event) => {
                  event.preventDefault();
                  onOpen(entry);
                }}
                href="#"
              >
                {entry.name}
              </Link>
            ) : (
              <span className="key">{entry.name}</span>
            ),
        },
        {
          id: 'size',
          header: 'Size',
          cell: ({ size }) => (size === undefined ? '–' : format.bytes(size)),
        },
        { id: 'at', header: 'Date', cell: ({ modifiedAt }) => format.time(modifiedAt) },
      ]}
    />
  );
}
