import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Multiselect from '@cloudscape-design/components/multiselect';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { useEffect, useState } from 'react';
import type { Draft, ListKind } from '../lib/draft.ts';
import { get, queryOf } from '../lib/http.ts';
import { ObjectField } from '../parts/object-field.tsx';
import { GeneratorForm } from './generator-form.tsx';
import { ManifestPreview } from './manifest-preview.tsx';
import type { StepProps } from './step-props.ts';

const KINDS: readonly { value: ListKind; label: string; description: string }[] = [
  {
    value: 'generated',
    label: 'Generate an object list',
    description: 'List a bucket now, with filters by key, date, size and more.',
  },
  {
    value: 'csv',
    label: 'CSV manifest',
    description: 'An object with one bucket and key per line; gzip, zstd and JSON Lines too.',
  },
  {
    value: 'inventory',
    label: 'S3 Inventory',
    description: 'The manifest.json of an inventory, CSV or Parquet.',
  },
  {
    value: 'report',
    label: 'Previous completion report',
    description: 'The manifest.json of a report: run its failed tasks again.',
  },
];

export function ListStep({ draft, set }: StepProps) {
  const { list } = draft;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Object list</Header>}>
        <Tiles
          value={list}
          columns={2}
          ariaLabel="Kind of list"
          items={[...KINDS]}
          onChange={({ detail }) =>
            // Tiles only hand out the values above.
            set({ list: detail.value as ListKind, key: '', etag: '', versionId: '', fields: [] })
          }
        />
      </Container>
      {list === 'generated' ? (
        <GeneratorForm draft={draft} set={set} />
      ) : (
        <ManifestForm draft={draft} set={set} />
      )}
    </SpaceBetween>
  );
}

const COLUMNS = ['Bucket', 'Key', 'VersionId', 'Ignore'].map((value) => ({ value, label: value }));

function ManifestForm({ draft, set }: StepProps) {
  const { list, bucket, key, etag } = draft;
  const problem = useEtag(draft, set);
  const isJson = list !== 'csv';
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" description={isJson ? 'Choose its manifest.json.' : undefined}>
            Manifest object
          </Header>
        }
      >
        <SpaceBetween size="m">
          <ObjectField
            label="Manifest object"
            bucket={bucket}
            objectKey={key}
            onChange={(changes) => set({ ...changes, etag: '', fields: [] })}
          />
          {key !== '' && (
            <FormField
              label="ETag"
              description="Of the object as it is now: a list that changes later fails the job instead of surprising you."
              errorText={problem}
            >
              <span className="key">{etag || (problem ? '–' : 'Looking …')}</span>
            </FormField>
          )}
          {list === 'csv' && draft.fields.length > 0 && <Columns draft={draft} set={set} />}
          {list === 'report' && (
            <SpaceBetween size="m">
              <FormField label="Which tasks">
                <RadioGroup
                  value={draft.retry}
                  onChange={({ detail }) =>
                    set({ retry: detail.value === 'all' ? 'all' : 'failed' })
                  }
                  items={[
                    { value: 'failed', label: 'Failed tasks only' },
                    { value: 'all', label: 'All tasks of the report' },
                  ]}
                />
              </FormField>
              <Checkbox
                checked={draft.withVersions}
                description="Otherwise the job acts on whatever is current."
                onChange={({ detail }) => set({ withVersions: detail.checked })}
              >
                Act on the versions that the report names
              </Checkbox>
            </SpaceBetween>
          )}
        </SpaceBetween>
      </Container>
      {etag !== '' && <ManifestPreview draft={draft} set={set} />}
    </SpaceBetween>
  );
}

/** What each column of the CSV is; guessed from the first row, and open to correction. */
function Columns({ draft, set }: StepProps) {
  const { fields } = draft;
  const rest = fields.filter((field) => field === 'Ignore').length;
  return (
    <FormField
      label="Columns"
      description="In the order of the file. Columns beyond the third are ignored unless you say otherwise."
    >
      <Multiselect
        selectedOptions={fields.map((value, i) => ({ value: `${value}-${i}`, label: value }))}
        options={[
          ...fields.map((value, i) => ({ value: `${value}-${i}`, label: value })),
          ...COLUMNS.filter(({ value }) => value === 'Ignore' || !fields.includes(value)).map(
            ({ value, label }) => ({ value: `${value}-${fields.length + rest}`, label }),
          ),
        ]}
        onChange={({ detail }) =>
          set({ fields: detail.selectedOptions.map(({ value }) => value?.split('-')[0] ?? '') })
        }
        ariaLabel="Columns of the manifest, in order"
        placeholder="Choose the columns"
      />
    </FormField>
  );
}

/** Fills in the ETag of the chosen object; returns why it cannot. */
function useEtag({ bucket, key, etag, list }: Draft, set: StepProps['set']): string {
  const [problem, setProblem] = useState('');
  const isIncomplete = bucket === '' || key === '' || etag !== '';
  useEffect(() => {
    setProblem('');
    if (isIncomplete) return undefined;
    if (list !== 'csv' && !/(^|\/)manifest\.json$/.test(key)) {
      setProblem('Choose an object with the name manifest.json.');
      return undefined;
    }
    const gone = new AbortController();
    get<{ etag: string; versionId?: string }>(
      `object${queryOf({ bucket, key })}`,
      gone.signal,
    ).then(
      (found) => set({ etag: found.etag }),
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const why = error instanceof Error ? ` (${error.message})` : '';
        setProblem(
          `Unable to get the manifest object's ETag. Specify a different object to continue.${why}`,
        );
      },
    );
    return () => gone.abort();
    // `set` is another function at each rendering, and the same in what it does.
  }, [bucket, key, list, isIncomplete]);
  return problem;
}
