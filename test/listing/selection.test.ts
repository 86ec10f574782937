/**
 * What a generator takes, where the sandbox cannot show it: replication, encryption, refusals. The
 * store is a function here. Aim: each filter takes what it names, and nothing is left out silently.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobManifestGeneratorFilter } from '@aws-sdk/client-s3-control';
import fc from 'fast-check';
import { filesOf } from '../../src/engine/generate-list-output.ts';
import {
  type Ask,
  type ListedObject,
  ListingFailed,
  openSelection,
  WrongBucketOwner,
} from '../../src/listing/index.ts';
import type { S3Answer, S3Request } from '../../src/s3/index.ts';

const NEVER = new AbortController().signal;
const KEY_ARN = 'arn:aws:kms:us-east-1:123456789012:key/one';

const answer = (status: number, text = '', headers = {}): S3Answer => ({
  status,
  headers,
  body: Buffer.from(text),
});
const refusal = (status: number, code: string): S3Answer =>
  answer(status, `<Error><Code>${code}</Code><Message>No.</Message></Error>`);

const SSE = 'x-amz-server-side-encryption';
const kms = (more = {}) => ({ [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: KEY_ARN, ...more });
/** What HEAD says of each object, by its key. */
const HEADS: Readonly<Record<string, S3Answer>> = {
  plain: answer(200),
  aes: answer(200, '', { [SSE]: 'AES256', 'x-amz-replication-status': 'COMPLETED' }),
  kms: answer(200, '', { ...kms(), 'x-amz-replication-status': 'PENDING' }),
  'kms-bucket-key': answer(200, '', kms({ [`${SSE}-bucket-key-enabled`]: 'true' })),
  'kms-bare-id': answer(200, '', kms({ [`${SSE}-aws-kms-key-id`]: 'one' })),
  'kms-other': answer(200, '', kms({ [`${SSE}-aws-kms-key-id`]: `${KEY_ARN}-two` })),
  dsse: answer(200, '', { ...kms(), [SSE]: 'aws:kms:dsse', 'x-amz-replication-status': 'FAILED' }),
  customer: answer(400),
  replica: answer(200, '', { 'x-amz-replication-status': 'REPLICA' }),
  complete: answer(200, '', { 'x-amz-replication-status': 'COMPLETE' }),
  gone: answer(404),
};

interface Store {
  readonly versioning?: S3Answer;
  readonly replication?: S3Answer;
  readonly tags?: Readonly<Record<string, string>>;
  readonly heads?: Readonly<Record<string, S3Answer>>;
}

const VERSIONED = answer(
  200,
  '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
);

function storeOf(store: Store): { readonly ask: Ask; readonly asked: S3Request[] } {
  const asked: S3Request[] = [];
  const answerTo = ({ method, key = '', query = {} }: S3Request): S3Answer => {
    if ('versioning' in query) return store.versioning ?? VERSIONED;
    if ('replication' in query) return store.replication ?? refusal(404, 'NoConfiguration');
    if ('tagging' in query)
      return answer(200, `<Tagging><TagSet>${store.tags?.[key] ?? ''}</TagSet></Tagging>`);
    if (method === 'HEAD' && key !== '') return (store.heads ?? HEADS)[key] ?? answer(500);
    return answer(200);
  };
  const ask: Ask = (request, read) => {
    asked.push(request);
    return Promise.resolve(read(answerTo(request)));
  };
  return { ask, asked };
}

function objectOf(key: string, more: Partial<ListedObject> = {}): ListedObject {
  return {
    key,
    versionId: `v-${key}`,
    isLatest: true,
    size: 1,
    lastModified: '2026-01-01T00:00:00.000Z',
    etag: 'e',
    storageClass: 'STANDARD',
    ...more,
  };
}

async function taken(
  filter: JobManifestGeneratorFilter,
  objects: readonly ListedObject[] = Object.keys(HEADS).map((key) => objectOf(key)),
  store: Store = {},
): Promise<string[]> {
  const { ask } = storeOf(store);
  const selection = await openSelection({ bucket: 'b', filter, ask }, NEVER);
  return (await selection.select(objects, NEVER)).map(({ key }) => key);
}

test('each kind of encryption is told from the others, down to the key', async () => {
  const of = (kind: NonNullable<JobManifestGeneratorFilter['MatchAnyObjectEncryption']>[number]) =>
    taken({ MatchAnyObjectEncryption: [kind] });
  assert.deepEqual(await of({ SSES3: {} }), ['aes']);
  const allKms = ['kms', 'kms-bucket-key', 'kms-bare-id', 'kms-other'];
  assert.deepEqual(await of({ SSEKMS: {} }), allKms);
  assert.deepEqual(await of({ SSEKMS: { KmsKeyArn: KEY_ARN } }), allKms.slice(0, 3));
  assert.deepEqual(await of({ SSEKMS: { BucketKeyEnabled: true } }), ['kms-bucket-key']);
  assert.deepEqual(await of({ SSEKMS: { KmsKeyArn: KEY_ARN, BucketKeyEnabled: false } }), [
    'kms',
    'kms-bare-id',
  ]);
  assert.deepEqual(await of({ DSSEKMS: {} }), ['dsse']);
  assert.deepEqual(await of({ DSSEKMS: { KmsKeyArn: `${KEY_ARN}-two` } }), []);
  assert.deepEqual(await of({ SSEC: {} }), ['customer']);
  assert.deepEqual(await of({ NOTSSE: {} }), ['plain', 'replica', 'complete']);
});

test('replication statuses: any of those named, both spellings of completed, none for silence', async () => {
  const of = (...ObjectReplicationStatuses: ('COMPLETED' | 'FAILED' | 'REPLICA' | 'NONE')[]) =>
    taken({ ObjectReplicationStatuses });
  assert.deepEqual(await of('COMPLETED'), ['aes', 'complete']);
  assert.deepEqual(await of('FAILED', 'REPLICA'), ['dsse', 'replica']);
  const silent = ['plain', 'kms-bucket-key', 'kms-bare-id', 'kms-other', 'customer'];
  assert.deepEqual(await of('NONE'), silent);
});

test('an object is asked only when everything that the list tells lets it pass', async () => {
  const { ask, asked } = storeOf({});
  const filter: JobManifestGeneratorFilter = {
    ObjectSizeGreaterThanBytes: 10,
    ObjectReplicationStatuses: ['COMPLETED'],
    MatchAnyObjectEncryption: [{ SSES3: {} }],
  };
  const selection = await openSelection({ bucket: 'b', filter, ask }, NEVER);
  const objects = [
    objectOf('aes', { size: 11 }),
    objectOf('complete', { size: 11 }),
    objectOf('kms'),
  ];
  const found = await selection.select(objects, NEVER);
  assert.deepEqual(
    found.map(({ key }) => key),
    ['aes'],
  );
  const heads = asked
    .filter(({ method }) => method === 'HEAD')
    .map(({ key, query }) => [key, query]);
  assert.deepEqual(heads, [
    ['aes', { versionId: 'v-aes' }],
    ['complete', { versionId: 'v-complete' }],
  ]);
});

test('an object that cannot be judged fails the listing, one that has gone does not', async () => {
  const filter: JobManifestGeneratorFilter = { ObjectReplicationStatuses: ['NONE'] };
  const heads = { a: answer(200), b: answer(403), gone: answer(404) };
  assert.deepEqual(await taken(filter, [objectOf('gone'), objectOf('a')], { heads }), ['a']);
  await assert.rejects(taken(filter, [objectOf('a'), objectOf('b')], { heads }), ListingFailed);
});

const rule = (inner: string, status = 'Enabled'): string =>
  `<Rule><ID>r</ID><Status>${status}</Status>${inner}</Rule>`;
const tag = (key: string, value: string): string =>
  `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
const RULES = answer(
  200,
  `<ReplicationConfiguration>${[
    rule('<Prefix>old-style/</Prefix>'),
    rule('<Filter><Prefix>new/</Prefix></Filter>'),
    rule('<Filter><Prefix>off/</Prefix></Filter>', 'Disabled'),
    rule(`<Filter><And><Prefix>both/</Prefix>${tag('a', '1')}${tag('b', '&amp;')}</And></Filter>`),
  ].join('')}</ReplicationConfiguration>`,
);

test('eligible is what an enabled rule matches by prefix and tags: any version, no archive', async () => {
  const store = {
    replication: RULES,
    tags: { 'both/all': tag('b', '&amp;') + tag('a', '1'), 'both/one': tag('a', '1') },
  };
  const objects = [
    objectOf('old-style/x'),
    objectOf('new/x', { isLatest: false }),
    objectOf('new/frozen', { storageClass: 'DEEP_ARCHIVE' }),
    objectOf('off/x'),
    objectOf('both/all'),
    objectOf('both/one'),
    objectOf('elsewhere'),
  ];
  const found = await taken({ EligibleForReplication: true }, objects, store);
  assert.deepEqual(found, ['old-style/x', 'new/x', 'both/all']);
  // Without the filter: current objects only, whatever the rules say.
  const current = objects.filter(({ isLatest }) => isLatest).map(({ key }) => key);
  assert.deepEqual(await taken({ EligibleForReplication: false }, objects, store), current);
});

test('only prefixes that rules and filter share are listed', async () => {
  const of = async (...MatchAnyPrefix: string[]) => {
    const filter = { EligibleForReplication: true, KeyNameConstraint: { MatchAnyPrefix } };
    const { ask } = storeOf({ replication: RULES });
    return (await openSelection({ bucket: 'b', filter, ask }, NEVER)).prefixes;
  };
  assert.deepEqual(await of('new/deep/', 'ol', 'off/'), ['new/deep/', 'old-style/']);
  assert.deepEqual(await of('nothing'), []);
});

test('a bucket without replication rules, or whose versioning is secret, is a failure', async () => {
  await assert.rejects(taken({ EligibleForReplication: true }), /NoConfiguration/);
  const versioning = refusal(403, 'AccessDenied');
  await assert.rejects(taken({}, [], { versioning }), ListingFailed);
});

test('a store that knows no versioning is listed without versions', async () => {
  for (const versioning of [
    refusal(501, 'NotImplemented'),
    answer(200, '<VersioningConfiguration/>'),
  ]) {
    const { ask } = storeOf({ versioning });
    assert.equal(
      (await openSelection({ bucket: 'b', filter: {}, ask }, NEVER)).plan.versions,
      false,
    );
  }
});

test('the owner is checked by every request, and a wrong one is told from a closed door', async () => {
  const opened = (isOpen: boolean): Promise<unknown> => {
    const ask: Ask = ({ headers = {} }, read) => {
      const isChecked = headers['x-amz-expected-bucket-owner'] === '999999999999';
      return Promise.resolve(
        read(isChecked || !isOpen ? refusal(403, 'AccessDenied') : answer(200)),
      );
    };
    return openSelection(
      { bucket: 'b', expectedBucketOwner: '999999999999', filter: {}, ask },
      NEVER,
    );
  };
  await assert.rejects(opened(true), WrongBucketOwner);
  await assert.rejects(opened(false), ListingFailed);
});

test('files of a written manifest hold whole rows and are cut alike, however rows arrive', async () => {
  const rows = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', ','), maxLength: 12 }), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 50 }),
      async (lines, fileBytes, pieceBytes) => {
        const all = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cut = async (size: number): Promise<string[]> => {
          const pieces: Buffer[] = [];
          for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
          const files: string[] = [];
          const source = (async function* () {
            yield* pieces;
            await Promise.resolve();
          })();
          for await (const file of filesOf(source, fileBytes)) files.push(file.toString('latin1'));
          return files;
        };
        const files = await cut(pieceBytes);
        assert.equal(files.join(''), all.toString('latin1'));
        assert.ok(files.every((file) => file.endsWith('\n')));
        assert.ok(files.slice(0, -1).every((file) => file.length >= fileBytes));
        assert.deepEqual(files, await cut(Math.max(1, all.length)));
      },
    ),
    { numRuns: 200 },
  );
});
