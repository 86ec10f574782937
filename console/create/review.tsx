import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';
import type { Draft } from '../lib/draft.ts';
import { get } from '../lib/http.ts';
import { formOf } from '../lib/operations.ts';
import { bucketsOf, requestOf } from '../lib/request.ts';
import { useSession } from '../lib/session.ts';
import type { JobRequest } from '../lib/types.ts';
import { Code } from '../parts/code.tsx';

/** Said here, because a job finds out when its tasks have run already. */
function UnknownBuckets({ request }: { readonly request: JobRequest }) {
  const named = bucketsOf(request).join(',');
  const [unknown, setUnknown] = useState<readonly string[]>([]);
  useEffect(() => {
    const gone = new AbortController();
    get<{ buckets: readonly { readonly name: string }[] }>('buckets', gone.signal).then(
      ({ buckets }) => {
        const known = new Set(buckets.map(({ name }) => name));
        setUnknown(named.split(',').filter((name) => !known.has(name)));
      },
      // Who may not list buckets is not told about them.
      () => undefined,
    );
    return () => gone.abort();
  }, [named]);
  if (unknown.length === 0) return null;
  return (
    <Alert type="warning" header="Is the name right?">
      {unknown.join(' and ')} {unknown.length === 1 ? 'is' : 'are'} not among the buckets that the
      service sees. What it cannot read or write fails; a report that cannot be written fails the
      job when its tasks have run.
    </Alert>
  );
}

interface Props {
  readonly draft: Draft;
  readonly onEdit: (step: number) => void;
}

export function Review({ draft, onEdit }: Props) {
  const { account } = useSession();
  const form = formOf(draft.operation);
  const request = requestOf(draft, 'made when the job is created', account);
  const parameters = Object.values(request.Operation)[0] ?? {};
  const isEmpty = Object.keys(parameters).length === 0;
  return (
    <SpaceBetween size="l">
      <UnknownBuckets request={request} />
      <Alert type="info">
        The job reads its list first, and then waits until you have seen the number of objects and
        choose Run job.
      </Alert>
      <Container
        header={
          <Title step={0} onEdit={onEdit}>
            List of objects
          </Title>
        }
      >
        <KeyValuePairs columns={2} items={listItems(draft)} />
      </Container>
      <Container
        header={
          <Title step={1} onEdit={onEdit}>
            Operation
          </Title>
        }
      >
        <SpaceBetween size="s">
          <Box variant="strong">{form?.title}</Box>
          <div>{form?.says}</div>
          {form?.warning && <Alert type="warning">{form.warning}</Alert>}
          {!isEmpty && <Code text={JSON.stringify(parameters, null, 2)} what="parameters" />}
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Title step={2} onEdit={onEdit}>
            Additional options
          </Title>
        }
      >
        <KeyValuePairs columns={2} items={optionItems(draft)} />
      </Container>
      <ExpandableSection headerText="The whole request as JSON" variant="container">
        <Code text={JSON.stringify(request, null, 2)} what="request" />
      </ExpandableSection>
    </SpaceBetween>
  );
}

interface TitleProps {
  readonly step: number;
  readonly onEdit: (step: number) => void;
  readonly children: string;
}

function Title({ step, onEdit, children }: TitleProps) {
  return (
    <Header
      variant="h2"
      actions={
        <Button ariaLabel={`Edit ${children}`} onClick={() => onEdit(step)}>
          Edit
        </Button>
      }
    >
      {children}
    </Header>
  );
}

interface Item {
  readonly label: string;
  readonly value: string;
}

function listItems({ list, bucket, key, etag, fields, retry, generator }: Draft): Item[] {
  if (list === 'generated') {
    const filters = [
      ...generator.prefixes
        .split('\n')
        .filter(Boolean)
        .map((one) => `begins with ${one}`),
      ...generator.suffixes
        .split('\n')
        .filter(Boolean)
        .map((one) => `ends with ${one}`),
      ...generator.substrings
        .split('\n')
        .filter(Boolean)
        .map((one) => `holds ${one}`),
      generator.createdAfter && `created after ${generator.createdAfter}`,
      generator.createdBefore && `created before ${generator.createdBefore}`,
      generator.sizeGreater && `larger than ${generator.sizeGreater} bytes`,
      generator.sizeLess && `smaller than ${generator.sizeLess} bytes`,
      generator.storageClasses.join(' or '),
      generator.replicationStatuses.map((one) => `replication ${one}`).join(' or '),
      generator.eligibleForReplication && 'covered by replication',
      generator.encryption && `encrypted as ${generator.encryption}`,
    ].filter(Boolean);
    return [
      { label: 'Generated from', value: `s3://${generator.sourceBucket}` },
      { label: 'Filters', value: filters.length === 0 ? 'None: every object' : filters.join(', ') },
    ];
  }
  const ofKind: Item =
    list === 'report'
      ? { label: 'Tasks', value: retry === 'failed' ? 'Failed tasks only' : 'All tasks' }
      : { label: 'Columns', value: list === 'csv' ? fields.join(', ') : 'As the inventory says' };
  return [
    { label: 'Manifest', value: `s3://${bucket}/${key}` },
    { label: 'ETag', value: etag },
    ofKind,
  ];
}

function optionItems(draft: Draft): Item[] {
  const scope = draft.reportScope === 'AllTasks' ? 'All tasks' : 'Failed tasks only';
  const report = `${scope}, in s3://${draft.reportBucket}/${draft.reportPrefix}`;
  const limits = [
    draft.maxTasksPerSecond && `${draft.maxTasksPerSecond} tasks per second`,
    draft.concurrency && `${draft.concurrency} tasks at once`,
    draft.taskTimeout && `${draft.taskTimeout} s for one task`,
  ].filter(Boolean);
  return [
    { label: 'Description', value: draft.description || '–' },
    { label: 'Priority', value: draft.priority },
    { label: 'Completion report', value: draft.reportEnabled ? report : 'None' },
    { label: 'Limits', value: limits.length === 0 ? 'None' : limits.join(', ') },
    { label: 'Dry run', value: draft.isDryRun ? 'Yes: nothing is changed' : 'No' },
    { label: 'Role ARN', value: draft.role },
    {
      label: 'Tags',
      value: draft.tags.map(({ Key, Value }) => `${Key} = ${Value}`).join(', ') || '–',
    },
  ];
}
