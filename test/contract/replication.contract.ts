/**
 * Replication by copying, over any store that has versions: the same cases over the sandbox, Ceph
 * RGW and moto. The AWS SDK prepares the versions and reads the replicas back. Where a store keeps no
 * replication configuration, its answer to that one question is put in between.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import { type Opened, OPERATIONS, type RunTask } from '../../src/operations/index.ts';
import { createS3, type S3Client as Thin } from '../../src/s3/index.ts';
import { type Meddle, Meddling } from '../operations/meddling.ts';
import { placeOn } from '../operations/place.ts';
import { answer, requestOf, SIGNAL } from '../operations/scene.ts';
import type { StoreUnderTest } from './operations.contract.ts';

export interface ReplicationOptions {
  /** Cases that the store cannot show, and why. */
  readonly skip?: Readonly<Record<string, string>>;
}

const SUCCESS: Outcome = { ok: true, message: 'success' };
const NOT_ELIGIBLE: Outcome = {
  ok: false,
  httpStatus: 500,
  code: 'SrcObjectNotEligible',
  message: 'Object is not eligible for replication',
  again: 'never',
};

export function replicationContract(
  name: string,
  start: () => Promise<StoreUnderTest>,
  { skip = {} }: ReplicationOptions = {},
): void {
  let store: StoreUnderTest;
  let world: World;
  before(async () => {
    store = await start();
    world = new World(store);
  });
  beforeEach(() => world.fresh());
  after(async () => {
    await world.close();
    await store.stop?.();
  });
  for (const [title, body] of Object.entries(CASES)) {
    const options = skip[title] === undefined ? {} : { skip: skip[title] };
    test(`${name}: ${title}`, options, () => body(world));
  }
}

const CASES: Readonly<Record<string, (w: World) => Promise<void>>> = {
  async 'a replica has content, metadata, tags, ACL and class of its source'(w) {
    w.rules(w.rule('dst'));
    const id = await w.put('key ü', 'content', {
      ContentType: 'text/css',
      CacheControl: 'no-cache',
      Metadata: { a: 'b' },
      Tagging: 'x=y',
      StorageClass: 'STANDARD_IA',
      ACL: 'public-read',
    });
    assert.deepEqual(await w.run(w.task('key ü', id)), SUCCESS);
    const replica = await w.get('dst', 'key ü');
    assert.equal(replica.body, 'content');
    assert.equal(replica.ContentType, 'text/css');
    assert.equal(replica.CacheControl, 'no-cache');
    assert.deepEqual(replica.Metadata, { a: 'b' });
    assert.equal(replica.StorageClass, 'STANDARD_IA');
    const object = { Bucket: w.name('dst'), Key: 'key ü' };
    const { TagSet: tags } = await w.sdk.send(new GetObjectTaggingCommand(object));
    assert.deepEqual(tags, [{ Key: 'x', Value: 'y' }]);
    const { Grants: grants = [] } = await w.sdk.send(new GetObjectAclCommand(object));
    const isPublic = grants.some(({ Grantee: to }) => to?.URI?.endsWith('/AllUsers') === true);
    assert.ok(isPublic && grants.length === 2);
  },

  async 'every version is replicated, and the current one stays current, in any order'(w) {
    w.rules(w.rule('dst'));
    const ids: string[] = [];
    for (const body of ['one', 'two', 'three', 'four']) ids.push(await w.put('v', body));
    // A list has the newest first, and a worker takes several rows at a time.
    const tasks = ids.reverse().map((id) => w.task('v', id));
    const run = await w.opened();
    assert.deepEqual(
      await Promise.all(tasks.map((task) => run(task, SIGNAL))),
      tasks.map(() => SUCCESS),
    );
    assert.equal((await w.get('dst', 'v')).body, 'four');
    assert.equal((await w.versions('dst')).length, 4);
  },

  async 'an older version that comes later does not stay on top'(w) {
    w.rules(w.rule('dst'));
    const old = await w.put('late', 'old');
    const current = await w.put('late', 'current');
    assert.deepEqual(await w.run(w.task('late', current)), SUCCESS);
    assert.deepEqual(await w.run(w.task('late', old)), SUCCESS);
    assert.equal((await w.get('dst', 'late')).body, 'current');
    const bodies = await Promise.all(
      (await w.versions('dst')).map(async (id) => (await w.get('dst', 'late', id)).body),
    );
    assert.ok(bodies.includes('old'));
  },

  async 'an older version alone is replicated as it is'(w) {
    w.rules(w.rule('dst'));
    const old = await w.put('alone', 'old');
    await w.put('alone', 'current');
    assert.deepEqual(await w.run(w.task('alone', old)), SUCCESS);
    assert.equal((await w.get('dst', 'alone')).body, 'old');
    assert.equal((await w.versions('dst')).length, 1);
  },

  async 'delete markers are replicated by rules that say so, and not by others'(w) {
    const old = await w.put('gone', 'old');
    const marker = await w.remove('gone');
    w.rules(w.rule('dst'));
    assert.deepEqual(await w.run(w.task('gone', marker)), NOT_ELIGIBLE);
    w.rules(w.rule('dst', { markers: true }));
    const run = await w.opened();
    const tasks = [w.task('gone', marker), w.task('gone', old)];
    const outcomes = await Promise.all(tasks.map((task) => run(task, SIGNAL)));
    assert.deepEqual(outcomes, [SUCCESS, SUCCESS]);
    await assert.rejects(w.get('dst', 'gone'));
    const [replica] = await w.versions('dst');
    assert.equal((await w.get('dst', 'gone', replica)).body, 'old');
  },

  async 'rules choose by prefix and tags, and every destination is reached'(w) {
    w.rules(
      w.rule('dst', { prefix: 'p/', storageClass: 'STANDARD_IA' }),
      w.rule('two', { tags: [['k', 'v']] }),
    );
    const both = await w.put('p/1', 'x', { Tagging: 'k=v&more=1' });
    const first = await w.put('p/2', 'x', { Tagging: 'k=w' });
    const second = await w.put('q/1', 'x', { Tagging: 'k=v' });
    const none = await w.put('q/2', 'x');
    for (const [key, id] of [
      ['p/1', both],
      ['p/2', first],
      ['q/1', second],
    ] as const) {
      assert.deepEqual(await w.run(w.task(key, id)), SUCCESS);
    }
    assert.deepEqual(await w.run(w.task('q/2', none)), NOT_ELIGIBLE);
    assert.deepEqual(await w.keys('dst'), ['p/1', 'p/2']);
    assert.deepEqual(await w.keys('two'), ['p/1', 'q/1']);
    assert.equal((await w.get('dst', 'p/1')).StorageClass, 'STANDARD_IA');
  },

  async 'archived objects are not eligible, and nothing is written'(w) {
    w.rules(w.rule('dst'));
    const id = await w.put('cold', 'x', { StorageClass: 'GLACIER' });
    assert.deepEqual(await w.run(w.task('cold', id)), NOT_ELIGIBLE);
    assert.deepEqual(await w.versions('dst'), []);
  },

  async 'a version that is not there fails with the code of AWS'(w) {
    w.rules(w.rule('dst'));
    const id = await w.put('here', 'x');
    for (const task of [w.task('nowhere', id), w.task('here', w.strangeVersion(id))]) {
      const outcome = await w.run(task);
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.httpStatus, outcome.again], [500, 'never']);
      assert.match(outcome.code, /^(SrcVersionNotFound|SrcObjectNotFound)$/);
    }
  },

  async 'a destination that is not there fails its tasks, and the job when it is the only one'(w) {
    const id = await w.put('key', 'x');
    w.rules(w.rule('dst'), w.rule('missing'), w.rule('plain'));
    const outcome = await w.run(w.task('key', id));
    assert.ok(!outcome.ok);
    assert.match(outcome.code, /^(DstBucketNotFound|DstBucketUnversioned)$/);
    assert.deepEqual(await w.keys('dst'), ['key']);
    for (const [bucket, code] of [
      ['missing', 'DstBucketNotFound'],
      ['plain', 'DstBucketUnversioned'],
    ] as const) {
      w.rules(w.rule(bucket));
      const opened = await w.open();
      assert.ok(!opened.ok && opened.again === undefined);
      assert.equal(opened.code, code);
    }
  },

  async 'the owner of the destination is given full control where the rule says so'(w) {
    w.rules(w.rule('dst', { owner: true }));
    const id = await w.put('owned', 'x', { ACL: 'public-read' });
    assert.deepEqual(await w.run(w.task('owned', id)), SUCCESS);
    const object = { Bucket: w.name('dst'), Key: 'owned' };
    const { Grants: grants = [] } = await w.sdk.send(new GetObjectAclCommand(object));
    // Not the public ACL of the source.
    assert.ok(grants.every(({ Grantee: to }) => to?.URI === undefined));
  },

  async 'a replica is locked as its source, or not made where it cannot be'(w) {
    await w.makeLocking();
    w.rules(w.rule('locked'));
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60 * 60 * 1000);
    const lock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until } as const;
    const id = await w.putTo('locking', 'held', 'x', lock);
    const task = { ...w.task('held', id), bucket: w.name('locking') };
    assert.deepEqual(await w.run(task, 'locking'), SUCCESS);
    const object = { Bucket: w.name('locked'), Key: 'held' };
    const { Retention: retention } = await w.sdk.send(new GetObjectRetentionCommand(object));
    assert.equal(retention?.Mode, 'GOVERNANCE');
    assert.equal(retention?.RetainUntilDate?.getTime(), until.getTime());
    w.rules(w.rule('dst'));
    const outcome = await w.run(task, 'locking');
    assert.equal(!outcome.ok && outcome.code, 'DstBucketObjectLockConfigMissing');
    assert.deepEqual(await w.versions('dst'), []);
  },

  async 'what the store has replicated itself is not copied again'(w) {
    w.rules(w.rule('dst'), w.rule('two'));
    const id = await w.put('native', 'x');
    // The store says that it replicated the version, and shows it at one of the two.
    w.meddle = ({ method, bucket, query }, pass) => {
      if (method !== 'HEAD') return undefined;
      if (bucket === w.name('dst')) {
        return Promise.resolve(answer(query?.['versionId'] === id ? 200 : 404));
      }
      return pass().then((head) => ({
        ...head,
        headers: { ...head.headers, 'x-amz-replication-status': 'COMPLETED' },
      }));
    };
    assert.deepEqual(await w.run(w.task('native', id)), SUCCESS);
    assert.deepEqual(await w.keys('dst'), []);
    // The rule for this one came later.
    assert.deepEqual(await w.keys('two'), ['native']);
  },

  async 'a replica is replicated on, once, and a pending version is left to the store'(w) {
    w.rules(w.rule('dst'));
    const id = await w.put('status', 'x');
    const showing =
      (status: string): Meddle =>
      ({ method, bucket }, pass) =>
        method === 'HEAD' && bucket === w.name('src')
          ? pass().then((head) => ({
              ...head,
              headers: { ...head.headers, 'x-amz-replication-status': status },
            }))
          : undefined;
    w.meddle = showing('PENDING');
    const pending = await w.run(w.task('status', id));
    assert.ok(!pending.ok);
    assert.deepEqual([pending.code, pending.again], ['ReplicationPending', 'later']);
    assert.deepEqual(await w.versions('dst'), []);
    for (const status of ['FAILED', 'REPLICA']) {
      w.meddle = showing(status);
      const of = await w.put(status, 'x');
      assert.deepEqual(await w.run(w.task(status, of)), SUCCESS);
      assert.equal((await w.versions('dst')).length, status === 'FAILED' ? 1 : 2);
    }
    // Where the very version is there already it came from there.
    const own = await w.put('own', 'x');
    w.meddle = (request, pass) => {
      const isThere = request.method === 'HEAD' && request.bucket === w.name('dst');
      return isThere ? Promise.resolve(answer(200)) : showing('REPLICA')(request, pass);
    };
    assert.deepEqual(await w.run(w.task('own', own)), SUCCESS);
    w.meddle = () => undefined;
    assert.equal((await w.versions('dst')).length, 2);
  },

  async 'a task that is tried again goes on with the destinations that are left'(w) {
    w.rules(w.rule('dst'), w.rule('two'));
    const task = w.task('again', await w.put('again', 'x'));
    let failures = 1;
    w.meddle = ({ method, bucket }) =>
      method === 'PUT' && bucket === w.name('two') && failures-- > 0
        ? Promise.resolve(answer(503))
        : undefined;
    const run = await w.opened();
    const first = await run(task, SIGNAL);
    assert.equal(!first.ok && first.again, 'slow-down');
    assert.deepEqual(await run(task, SIGNAL), SUCCESS);
    assert.equal((await w.versions('dst')).length, 1);
    assert.equal((await w.versions('two')).length, 1);
  },
};

interface RuleOptions {
  readonly prefix?: string;
  readonly tags?: readonly (readonly [string, string])[];
  readonly markers?: boolean;
  readonly storageClass?: string;
  readonly owner?: boolean;
}

/** Buckets of its own for each case: `src`, `dst` and `two` have versions, `plain` has none. */
class World {
  readonly sdk: S3Client;
  readonly #client: Thin;
  #thin: Meddling;
  #name = '';
  #xml = '';
  meddle: Meddle = () => undefined;

  constructor({ endpoint, region, credentials }: StoreUnderTest) {
    this.sdk = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.#client = createS3({
      endpoint,
      region,
      credentials,
      clock: systemClock,
      random: systemRandom,
    });
    this.#thin = new Meddling(this.#client);
  }

  async fresh(): Promise<void> {
    this.#name = `replication-${systemRandom.hex(4)}`;
    this.meddle = () => undefined;
    for (const one of ['src', 'dst', 'two', 'plain']) {
      await this.sdk.send(new CreateBucketCommand({ Bucket: this.name(one) }));
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      const versioning = { Bucket: this.name(one), VersioningConfiguration };
      if (one !== 'plain') await this.sdk.send(new PutBucketVersioningCommand(versioning));
    }
    this.#thin = new Meddling(this.#client);
    this.#thin.meddle = (request, pass) => {
      const meddled = this.meddle(request, pass);
      if (meddled !== undefined) return meddled;
      if (request.query?.['replication'] !== undefined) {
        return Promise.resolve(answer(200, this.#xml));
      }
      return pass();
    };
  }

  async makeLocking(): Promise<void> {
    for (const one of ['locking', 'locked']) {
      const lock = { Bucket: this.name(one), ObjectLockEnabledForBucket: true };
      await this.sdk.send(new CreateBucketCommand(lock));
    }
  }

  async close(): Promise<void> {
    this.sdk.destroy();
    await this.#client.close();
  }

  name(bucket: string): string {
    return `${this.#name}-${bucket}`;
  }

  rule(bucket: string, options: RuleOptions = {}): string {
    const { prefix = '', tags = [], markers = false, storageClass, owner = false } = options;
    const filter = [
      `<Prefix>${prefix}</Prefix>`,
      ...tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`),
    ];
    const destination = [
      `<Bucket>arn:aws:s3:::${this.name(bucket)}</Bucket>`,
      storageClass === undefined ? '' : `<StorageClass>${storageClass}</StorageClass>`,
      owner
        ? '<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>'
        : '',
    ];
    return (
      `<Rule><Status>Enabled</Status><Filter><And>${filter.join('')}</And></Filter>` +
      `<DeleteMarkerReplication><Status>${markers ? 'Enabled' : 'Disabled'}</Status></DeleteMarkerReplication>` +
      `<Destination>${destination.join('')}</Destination></Rule>`
    );
  }

  rules(...rules: readonly string[]): void {
    this.#xml = `<ReplicationConfiguration><Role>r</Role>${rules.join('')}</ReplicationConfiguration>`;
  }

  put(Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}): Promise<string> {
    return this.putTo('src', Key, Body, more);
  }

  async putTo(
    bucket: string,
    Key: string,
    Body: string,
    more: Partial<PutObjectCommandInput> = {},
  ): Promise<string> {
    const object = { Bucket: this.name(bucket), Key, Body, ...more };
    const { VersionId: id } = await this.sdk.send(new PutObjectCommand(object));
    assert.ok(id);
    return id;
  }

  async remove(Key: string): Promise<string> {
    const object = { Bucket: this.name('src'), Key };
    const { VersionId: id } = await this.sdk.send(new DeleteObjectCommand(object));
    assert.ok(id);
    return id;
  }

  /** A version id that the store could have given, and did not. */
  strangeVersion(id: string): string {
    return id.replace(/[a-z0-9]/gi, (char) => (char === '0' ? '1' : '0'));
  }

  task(key: string, versionId: string): Task {
    return { bucket: this.name('src'), key, manifestKey: key, versionId };
  }

  open(source = 'src'): Promise<Opened> {
    const request = requestOf({ S3ReplicateObject: {} });
    const place = placeOn(this.#thin, { bucket: this.name(source), clock: systemClock });
    return OPERATIONS.S3ReplicateObject.open(request, place, SIGNAL);
  }

  async opened(source = 'src'): Promise<RunTask> {
    const opened = await this.open(source);
    assert.ok(opened.ok, opened.ok ? '' : opened.reason);
    return opened.run;
  }

  async run(task: Task, source = 'src'): Promise<Outcome> {
    return (await this.opened(source))(task, SIGNAL);
  }

  async get(bucket: string, Key: string, VersionId?: string) {
    const object = { Bucket: this.name(bucket), Key, VersionId };
    const got = await this.sdk.send(new GetObjectCommand(object));
    const head = await this.sdk.send(new HeadObjectCommand(object));
    return { ...head, body: await got.Body?.transformToString() };
  }

  /** Ids of object versions, newest first. */
  async versions(bucket: string): Promise<string[]> {
    const listed = await this.sdk.send(
      new ListObjectVersionsCommand({ Bucket: this.name(bucket) }),
    );
    return (listed.Versions ?? []).map(({ VersionId: id = '' }) => id);
  }

  async keys(bucket: string): Promise<string[]> {
    const listed = await this.sdk.send(
      new ListObjectVersionsCommand({ Bucket: this.name(bucket) }),
    );
    return (listed.Versions ?? []).map(({ Key: key = '' }) => key).sort();
  }
}
