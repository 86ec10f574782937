/**
 * What every store must look like after the built-in functions ran on it. The AWS SDK prepares the
 * objects and reads back what became of them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { createS3, type S3Client as ThinClient } from '../../src/s3/index.ts';
import { placeOn } from '../operations/place.ts';
import { problems, requestOf, SIGNAL } from '../operations/scene.ts';
import type { StoreUnderTest } from './operations.contract.ts';

const PLAIN = 'plain-bucket';
const VERSIONED = 'versioned-bucket';

let sdk: S3Client;
let thin: ThinClient;

interface Check {
  readonly title: string;
  readonly body: () => Promise<void> | void;
}

const CHECKS: Check[] = [];

function check(title: string, body: Check['body']): void {
  CHECKS.push({ title, body });
}

/** `start` is called once, before the tests; once per process. */
export function builtInContract(name: string, start: () => Promise<StoreUnderTest>): void {
  let store: StoreUnderTest | undefined;
  before(async () => {
    store = await start();
    const { endpoint, region, credentials } = store;
    sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    thin = createS3({ endpoint, region, credentials, clock: systemClock, random: systemRandom });
    for (const Bucket of [PLAIN, VERSIONED]) await sdk.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await sdk.send(new PutBucketVersioningCommand({ Bucket: VERSIONED, VersioningConfiguration }));
  });
  after(async () => {
    sdk.destroy();
    await thin.close();
    await store?.stop?.();
  });
  for (const { title, body } of CHECKS) test(`${name}: ${title}`, body);
}

type Args = Readonly<Record<string, string>>;

async function run(name: string, args: Args, task: Task, place = {}): Promise<Outcome> {
  const UserArguments = Object.keys(args).length === 0 ? undefined : args;
  const FunctionArn = `arn:aws:lambda:us-east-1:123456789012:function:brigade-${name}`;
  const invoke = { FunctionArn, InvocationSchemaVersion: '2.0', UserArguments };
  const operation = { LambdaInvoke: invoke };
  assert.deepEqual(problems(operation), []);
  const here = placeOn(thin, { bucket: task.bucket, clock: systemClock, ...place });
  const opened = await OPERATIONS.LambdaInvoke.open(requestOf(operation), here, SIGNAL);
  assert.ok(opened.ok, opened.ok ? '' : opened.reason);
  return opened.run(task, SIGNAL);
}

function refusals(name: string, UserArguments: Args, InvocationSchemaVersion = '2.0'): string[] {
  const FunctionArn = `brigade-${name}`;
  return problems({ LambdaInvoke: { FunctionArn, InvocationSchemaVersion, UserArguments } });
}

function succeeded(outcome: Outcome): string {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.message;
}

function failedWith(outcome: Outcome, status: number, code: string, message: RegExp): void {
  assert.ok(!outcome.ok, outcome.message);
  assert.deepEqual([outcome.httpStatus, outcome.code], [status, code], outcome.message);
  assert.match(outcome.message, message);
}

function task(key: string, bucket = PLAIN, versionId?: string): Task {
  const plain = { bucket, key, manifestKey: encodeURIComponent(key) };
  return versionId === undefined ? plain : { ...plain, versionId };
}

async function put(
  Key: string,
  input: Partial<PutObjectCommandInput> = {},
  Bucket = PLAIN,
): Promise<string> {
  const object = { Bucket, Key, Body: `I am ${Key}`, ...input };
  return (await sdk.send(new PutObjectCommand(object))).VersionId ?? '';
}

async function body(Key: string, Bucket = PLAIN, VersionId?: string): Promise<string> {
  const got = await sdk.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return (await got.Body?.transformToString()) ?? '';
}

async function exists(Key: string, Bucket = PLAIN, VersionId?: string): Promise<boolean> {
  try {
    await sdk.send(new HeadObjectCommand({ Bucket, Key, VersionId }));
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && /NotFound/.test(error.name), String(error));
    return false;
  }
}

async function tags(Key: string, Bucket = PLAIN, VersionId?: string): Promise<string> {
  const { TagSet = [] } = await sdk.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
  return TagSet.map(({ Key: key, Value }) => `${key}=${Value}`)
    .sort()
    .join('&');
}

/** `id` of every version and marker of a key, the newest first; markers with a star. */
async function history(key: string): Promise<string[]> {
  const listed = await sdk.send(new ListObjectVersionsCommand({ Bucket: VERSIONED, Prefix: key }));
  const markers = (listed.DeleteMarkers ?? []).map((one) => ({ ...one, star: '*' }));
  return [...(listed.Versions ?? []).map((one) => ({ ...one, star: '' })), ...markers]
    .filter((one) => one.Key === key)
    .sort((one, other) => Number(other.IsLatest) - Number(one.IsLatest))
    .map((one) => `${one.VersionId}${one.star}`);
}

const AWKWARD = 'ü/a b+c%20&=?#/日本.tar.gz';

check('brigade-delete deletes the object, and again finds nothing to do', async () => {
  for (const key of ['gone', AWKWARD]) {
    await put(key);
    assert.equal(
      succeeded(await run('delete', { confirm: 'delete' }, task(key))),
      'The object was deleted',
    );
    assert.equal(await exists(key), false);
  }
  succeeded(await run('delete', { confirm: 'delete' }, task('gone')));
});

check(
  'brigade-delete places a delete marker where there are versions, and only over an object',
  async () => {
    const id = await put('marked', {}, VERSIONED);
    const args = { confirm: 'delete' };
    const said = succeeded(await run('delete', args, task('marked', VERSIONED)));
    const [marker = '', version] = await history('marked');
    assert.equal(said, `A delete marker was placed: ${marker.replace('*', '')}`);
    assert.deepEqual([marker.endsWith('*'), version], [true, id]);

    const nothing = 'There was nothing to delete';
    assert.equal(succeeded(await run('delete', args, task('marked', VERSIONED))), nothing);
    assert.equal(succeeded(await run('delete', args, task('never', VERSIONED))), nothing);
    assert.equal((await history('marked')).length, 2);
    assert.deepEqual(await history('never'), []);

    const ofMarker = task('marked', VERSIONED, marker.replace('*', ''));
    assert.equal(succeeded(await run('delete', args, ofMarker)), 'The delete marker was removed');
    assert.deepEqual(await history('marked'), [id]);
  },
);

check('brigade-delete deletes exactly the version of the row', async () => {
  const first = await put('two', {}, VERSIONED);
  const second = await put('two', {}, VERSIONED);
  const outcome = await run('delete', { confirm: 'delete' }, task('two', VERSIONED, first));
  assert.equal(succeeded(outcome), 'The version was deleted');
  assert.deepEqual(await history('two'), [second]);
});

check(
  'brigade-delete needs its word, and the job fails at once for a bucket that is not there',
  async () => {
    const AT = 'Operation.LambdaInvoke.UserArguments';
    const [missing = ''] = refusals('delete', { 'bypass-governance': 'true' });
    assert.match(missing, /^Operation\.LambdaInvoke\.UserArguments\.confirm: must be delete/);
    assert.equal(refusals('delete', { confirm: 'yes' }).length, 1);
    assert.deepEqual(refusals('delete', { confirm: 'delete', 'bypass-governance': 'yes' }), [
      `${AT}.bypass-governance: must be true, or be left out`,
    ]);
    assert.deepEqual(refusals('delete', { confirm: 'delete', force: 'true' }), [
      `${AT}.force: is no argument of brigade-delete, which takes confirm, bypass-governance`,
    ]);
    assert.deepEqual(refusals('delete', { confirm: 'delete' }, '1.0'), [
      'Operation.LambdaInvoke.InvocationSchemaVersion: must be 2.0 for brigade-delete',
    ]);
    const LambdaInvoke = { FunctionArn: 'brigade-delete', UserArguments: { confirm: 'delete' } };
    const place = placeOn(thin, { bucket: 'nowhere-at-all' });
    const opened = await OPERATIONS.LambdaInvoke.open(requestOf({ LambdaInvoke }), place, SIGNAL);
    assert.deepEqual(opened, { ok: false, reason: 'The bucket nowhere-at-all does not exist.' });
  },
);

check('brigade-merge-tags adds, replaces and removes, and leaves the rest', async () => {
  for (const key of ['tagged', AWKWARD]) {
    await put(key, { Tagging: 'keep=1&change=old&drop=x' });
    const args = { set: 'change=new&a%20b%2B=ü%3D', remove: 'drop&absent' };
    const said = succeeded(await run('merge-tags', args, task(key)));
    assert.equal(said, 'The tags were merged: 3 before, 3 now');
    assert.equal(await tags(key), 'a b+=ü=&change=new&keep=1');
    assert.match(succeeded(await run('merge-tags', args, task(key))), /as they should be already/);
  }
});

check('brigade-merge-tags reaches one version', async () => {
  const first = await put('tagged', { Tagging: 'v=1' }, VERSIONED);
  const second = await put('tagged', { Tagging: 'v=2' }, VERSIONED);
  succeeded(await run('merge-tags', { set: 'more=yes' }, task('tagged', VERSIONED, first)));
  assert.equal(await tags('tagged', VERSIONED, first), 'more=yes&v=1');
  assert.equal(await tags('tagged', VERSIONED, second), 'v=2');
});

check('brigade-merge-tags fails at the eleventh tag and changes nothing', async () => {
  const ten = Array.from({ length: 10 }, (_, index) => `t${index}=x`).join('&');
  await put('full', { Tagging: ten });
  const outcome = await run('merge-tags', { set: 'one=more' }, task('full'));
  failedWith(outcome, 400, 'BadRequest', /would have 11 tags, and 10 is the most/);
  assert.equal(await tags('full'), ten);
  failedWith(await run('merge-tags', { set: 'a=b' }, task('absent')), 404, 'NoSuchKey', /./);
});

check('brigade-merge-tags refuses arguments that mean nothing', () => {
  const AT = 'Operation.LambdaInvoke.UserArguments';
  assert.match(refusals('merge-tags', { remove: '' })[0] ?? '', /UserArguments\.set: is required/);
  assert.deepEqual(refusals('merge-tags', { set: 'a=%zz' }), [
    `${AT}.set: must be URL-encoded key=value pairs`,
  ]);
  assert.match(refusals('merge-tags', { set: 'a=1&a=2' })[0] ?? '', /must be unique/);
  assert.match(refusals('merge-tags', { set: 'aws:x=1' })[0] ?? '', /reserved prefix/);
  assert.deepEqual(refusals('merge-tags', { set: 'a=1', remove: 'b&a' }), [
    `${AT}.remove: names a, which set sets`,
  ]);
  assert.match(refusals('merge-tags', { remove: 'a=1' })[0] ?? '', /must be URL-encoded keys/);
});

const RICH = {
  ContentType: 'text/x-rich',
  ContentLanguage: 'de',
  CacheControl: 'max-age=5',
  Metadata: { colour: 'blue' },
  Tagging: 'kept=yes',
  WebsiteRedirectLocation: '/elsewhere',
  ACL: 'public-read' as const,
};

async function assertRich(key: string, storageClass: string): Promise<void> {
  const head = await sdk.send(new HeadObjectCommand({ Bucket: PLAIN, Key: key }));
  assert.equal(head.StorageClass ?? 'STANDARD', storageClass);
  assert.deepEqual(
    [head.ContentType, head.ContentLanguage, head.CacheControl, head.WebsiteRedirectLocation],
    ['text/x-rich', 'de', 'max-age=5', '/elsewhere'],
  );
  assert.deepEqual(head.Metadata, { colour: 'blue' });
  assert.equal(await tags(key), 'kept=yes');
  const acl = await sdk.send(new GetObjectAclCommand({ Bucket: PLAIN, Key: key }));
  const grants = (acl.Grants ?? []).map(
    ({ Grantee, Permission }) => `${Permission} ${Grantee?.URI}`,
  );
  assert.deepEqual(grants.sort(), [
    'FULL_CONTROL undefined',
    'READ http://acs.amazonaws.com/groups/global/AllUsers',
  ]);
}

check(
  'brigade-change-storage-class keeps metadata, tags, ACL and redirect, and says what changed',
  async () => {
    for (const key of ['classy', AWKWARD]) {
      await put(key, RICH);
      const args = { 'storage-class': 'STANDARD_IA' };
      assert.equal(
        succeeded(await run('change-storage-class', args, task(key))),
        'The storage class changed from STANDARD to STANDARD_IA, and LastModified with it',
      );
      await assertRich(key, 'STANDARD_IA');
      assert.equal(await body(key), `I am ${key}`);
      const again = succeeded(await run('change-storage-class', args, task(key)));
      assert.equal(again, 'The storage class is STANDARD_IA already');
    }
  },
);

check('brigade-change-storage-class leaves versions alone that are not current', async () => {
  const first = await put('classy', { Body: 'old' }, VERSIONED);
  const second = await put('classy', { Body: 'new' }, VERSIONED);
  const args = { 'storage-class': 'STANDARD_IA' };
  const ofFirst = await run('change-storage-class', args, task('classy', VERSIONED, first));
  failedWith(ofFirst, 409, 'VersionNotCurrent', /it is as it was/);
  assert.deepEqual(await history('classy'), [second, first]);
  succeeded(await run('change-storage-class', args, task('classy', VERSIONED, second)));
  assert.equal((await history('classy')).length, 3);
  assert.equal(await body('classy', VERSIONED), 'new');
  assert.equal(refusals('change-storage-class', { 'storage-class': 'a b' }).length, 1);
});

check('brigade-rename moves an object with all that belongs to it', async () => {
  await put('in/rich.tar.gz', RICH);
  const args = { key: 'out/{prefix}{stem}-{{2026}}{ext}' };
  const outcome = await run('rename', args, task('in/rich.tar.gz'));
  assert.equal(succeeded(outcome), 'Renamed to out/in/rich.tar-{2026}.gz');
  assert.equal(await exists('in/rich.tar.gz'), false);
  await assertRich('out/in/rich.tar-{2026}.gz', 'STANDARD');
  assert.equal(await body('out/in/rich.tar-{2026}.gz'), 'I am in/rich.tar.gz');
});

check('brigade-rename keeps the storage class, and an object of several parts', async () => {
  const Key = 'large';
  const Bucket = PLAIN;
  const upload = { Bucket, Key, StorageClass: 'STANDARD_IA' } as const;
  const { UploadId } = await sdk.send(new CreateMultipartUploadCommand(upload));
  const Parts = [];
  for (const PartNumber of [1, 2]) {
    const Body = Buffer.alloc(PartNumber === 1 ? 5 * 1024 * 1024 : 10, PartNumber);
    const part = { Bucket, Key, UploadId, PartNumber, Body };
    const { ETag } = await sdk.send(new UploadPartCommand(part));
    Parts.push({ PartNumber, ETag });
  }
  const MultipartUpload = { Parts };
  await sdk.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  succeeded(await run('rename', { key: 'moved/{key}' }, task('large')));
  const head = await sdk.send(new HeadObjectCommand({ Bucket, Key: 'moved/large' }));
  assert.deepEqual([head.ContentLength, head.StorageClass], [5 * 1024 * 1024 + 10, 'STANDARD_IA']);
  assert.equal(await exists('large'), false);
});

check(
  'brigade-rename by expression replaces every match, and leaves other keys alone',
  async () => {
    const args = { from: '(\\d{4})-(\\d\\d)', to: '$1/$2' };
    await put('log 2026-01 and 2026-02 ü');
    const outcome = await run('rename', args, task('log 2026-01 and 2026-02 ü'));
    assert.equal(succeeded(outcome), 'Renamed to log 2026/01 and 2026/02 ü');
    await put('no date');
    assert.equal(succeeded(await run('rename', args, task('no date'))), 'The key stays as it is');
    assert.equal(await exists('no date'), true);
  },
);

check('brigade-rename does not touch a target that exists, unless it is told to', async () => {
  await put('source');
  await put('target', { Body: 'precious' });
  const refused = await run('rename', { key: 'target' }, task('source'));
  failedWith(refused, 412, 'PreconditionFailed', /There is an object target already/);
  assert.deepEqual([await body('source'), await body('target')], ['I am source', 'precious']);
  succeeded(await run('rename', { key: 'target', overwrite: 'true' }, task('source')));
  assert.equal(await exists('source'), false);
  assert.equal(await body('target'), 'I am source');
});

check('brigade-rename of a version deletes that version; of a key, it hides the key', async () => {
  const first = await put('v', { Body: 'one' }, VERSIONED);
  const second = await put('v', { Body: 'two' }, VERSIONED);
  succeeded(await run('rename', { key: 'v-first' }, task('v', VERSIONED, first)));
  assert.equal(await body('v-first', VERSIONED), 'one');
  assert.deepEqual(await history('v'), [second]);
  succeeded(await run('rename', { key: 'v-second' }, task('v', VERSIONED)));
  assert.equal(await body('v-second', VERSIONED), 'two');
  const [marker = '', ...rest] = await history('v');
  assert.ok(marker.endsWith('*'));
  assert.deepEqual(rest, [second]);
});

check('brigade-rename refuses keys that no object can have', async () => {
  await put('short');
  const long = await run('rename', { key: 'x'.repeat(1024) + '{key}' }, task('short'));
  failedWith(long, 400, 'InvalidRequest', /as it was: its new key would have 1029 bytes/);
  const empty = await run('rename', { from: '^short$', to: '' }, task('short'));
  failedWith(empty, 400, 'InvalidRequest', /its new key would be empty/);
  assert.equal(await exists('short'), true);
  failedWith(await run('rename', { key: 'b' }, task('absent')), 404, 'NoSuchKey', /./);
});

check('an expression that would take for ever costs its task only', async () => {
  const key = `${'a'.repeat(40)}!`;
  await put(key);
  const outcome = await run('rename', { from: '^(a+)+$', to: 'b' }, task(key));
  failedWith(outcome, 400, 'InvalidRequest', /the expression took too long on its key/);
});

check('brigade-rename refuses arguments that mean nothing', () => {
  const of = (args: Args): string => refusals('rename', args).join('; ');
  assert.match(of({ overwrite: 'true' }), /UserArguments\.key: must be given, or from and to/);
  assert.match(of({ key: 'a', from: 'b', to: 'c' }), /UserArguments\.key: must be given, or/);
  assert.match(of({ key: '{nam}' }), /does not know \{nam\}; there are \{key\}, \{prefix\}/);
  assert.match(of({ key: 'a{' }), /does not know \{/);
  assert.match(of({ key: '' }), /must not be empty/);
  assert.match(of({ from: 'a' }), /UserArguments\.to: is required with from/);
  assert.match(of({ from: '(', to: '' }), /UserArguments\.from: is no regular expression/);
  assert.match(of({ key: 'a', to: '' }), /UserArguments\.to: goes with from/);
});

check('brigade-head tells what a job would meet, and changes nothing', async () => {
  await put('seen', { StorageClass: 'STANDARD_IA' });
  const before = await sdk.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'seen' }));
  assert.deepEqual(JSON.parse(succeeded(await run('head', {}, task('seen')))), {
    size: 9,
    storageClass: 'STANDARD_IA',
    lastModified: before.LastModified?.toISOString(),
    etag: before.ETag?.replaceAll('"', ''),
    versionId: null,
    isArchived: false,
    isLocked: false,
    isOver5GB: false,
    encryption: null,
  });
  await put('cold', { StorageClass: 'GLACIER' });
  const cold: unknown = JSON.parse(succeeded(await run('head', {}, task('cold'))));
  assert.ok(typeof cold === 'object' && cold !== null && 'isArchived' in cold && cold.isArchived);
});

check('brigade-head makes a failed row of what is missing', async () => {
  const missing = await run('head', {}, task('absent'));
  failedWith(missing, 404, 'NoSuchKey', /^\{"isMissing":true,"isDeleteMarker":false\}$/);
  const version = await put('marked-for-head', {}, VERSIONED);
  const deletion = { Bucket: VERSIONED, Key: 'marked-for-head' };
  const { VersionId } = await sdk.send(new DeleteObjectCommand(deletion));
  const current = await run('head', {}, task('marked-for-head', VERSIONED));
  const marker = await run('head', {}, task('marked-for-head', VERSIONED, VersionId));
  for (const outcome of [current, marker]) {
    // Ceph does not tell a delete marker from nothing.
    assert.ok(!outcome.ok && [404, 405].includes(outcome.httpStatus), outcome.message);
    const isMarker = outcome.message.includes('"isDeleteMarker":true');
    assert.match(outcome.code, isMarker ? /^DeleteMarker$/ : /^NoSuch(Key|Version)$/);
  }
  const old = succeeded(await run('head', {}, task('marked-for-head', VERSIONED, version)));
  assert.ok(old.includes(`"versionId":"${version}"`));
  assert.match(
    refusals('head', { any: 'thing' })[0] ?? '',
    /is no argument of brigade-head, which takes none/,
  );
});
