/** CloudTrail files: their layout, the chain of digests past deaths, and what verifying finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import {
  cloudTrailSink,
  newSigningKey,
  type Sink,
  signingKeyOf,
  type TrailReader,
  verifyTrail,
} from '../../src/events/index.ts';
import type { S3Answer, S3Request } from '../../src/s3/index.ts';
import { T0 } from '../contract/store.contract.ts';
import { sample } from './samples.ts';
import { REGION } from './world.ts';

const HOUR = 3_600_000;
const ACCOUNT = '123456789012';
const KEY = signingKeyOf(newSigningKey());
const OTHER_KEY = signingKeyOf(newSigningKey());

interface Stored {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

class Bucket {
  readonly objects = new Map<string, Stored>();
  /** Status of the next answers. */
  status = 200;

  send({ method, bucket, key = '', headers = {}, body }: S3Request): Promise<S3Answer> {
    assert.deepEqual([method, bucket], ['PUT', 'logs']);
    if (this.status === 200) this.objects.set(key, { body: Buffer.from(body ?? ''), headers });
    return Promise.resolve({ status: this.status, headers: {}, body: Buffer.alloc(0) });
  }

  keys(kind: string): string[] {
    return [...this.objects.keys()].filter((key) => key.includes(`/${kind}/`)).sort();
  }

  reader(): TrailReader {
    const { objects } = this;
    return {
      async *list(prefix) {
        for (const key of [...objects.keys()].sort()) if (key.startsWith(prefix)) yield key;
      },
      read: (key) => Promise.resolve(objects.get(key)),
    };
  }

  verify(key = KEY) {
    const place = { bucket: 'logs', prefix: 'p', account: ACCOUNT, region: REGION, trail: 't' };
    return verifyTrail(place, key.publicKey, this.reader());
  }
}

function trail(bucket: Bucket, clock: ManualClock): Sink {
  return cloudTrailSink({
    ...{ name: 't', wants: ['jobs'], bucket: 'logs', prefix: 'p', region: REGION, lingerMs: 0 },
    ...{ signingKey: KEY, s3: bucket, clock, random: seededRandom(1), log: silentLog },
    close: () => Promise.resolve(),
  });
}

/** Until nothing is to be done; `isSaved` false: the process dies before it saves a step. */
async function idle(sink: Sink, memory: string | null, isSaved = () => true) {
  let saved = memory;
  for (let i = 0; i < 50; i++) {
    const next = await sink.idle?.(saved);
    if (next === undefined) return saved;
    if (isSaved()) saved = next;
  }
  return saved;
}

/** Three hours, of which the second has no file. */
async function written(isSaved?: () => boolean): Promise<Bucket> {
  const bucket = new Bucket();
  const clock = new ManualClock(T0);
  const sink = trail(bucket, clock);
  let memory: string | null = null;
  for (const files of [2, 0, 1]) {
    for (let i = 0; i < files; i++) {
      const batch = [sample('a', clock.now()), sample('b', clock.now())];
      const sent = await sink.send(batch, memory);
      assert.deepEqual(sent.deliveries, [{ kind: 'delivered' }, { kind: 'delivered' }]);
      memory = sent.memory ?? memory;
      clock.advance(60_000);
    }
    clock.advance(HOUR);
    memory = await idle(sink, memory, isSaved);
  }
  return bucket;
}

test('log files and digests have the names, headers and contents of CloudTrail’s', async () => {
  const bucket = await written();
  const [first = ''] = bucket.keys('CloudTrail');
  assert.match(
    first,
    /^p\/AWSLogs\/123456789012\/CloudTrail\/eu-central-1\/2026\/01\/01\/123456789012_CloudTrail_eu-central-1_20260101T0000Z_[0-9a-f]{16}\.json\.gz$/,
  );
  const file = bucket.objects.get(first);
  assert.ok(file);
  assert.equal(file.headers['content-type'], 'application/json');
  assert.equal(file.headers['content-encoding'], 'gzip');
  const { Records } = JSON.parse(gunzipSync(file.body).toString()) as {
    Records: { eventName: string; serviceEventDetails: { jobId: string } }[];
  };
  assert.deepEqual(
    Records.map((record) => record.serviceEventDetails.jobId),
    ['a', 'b'],
  );
  assert.deepEqual(
    bucket.keys('CloudTrail-Digest').length,
    3,
    'one for each hour, the empty one too',
  );
  const verdict = await bucket.verify();
  assert.deepEqual(verdict, { digests: 3, files: 3, problems: [] });
});

test('files of accounts are apart', async () => {
  const bucket = new Bucket();
  const sink = trail(bucket, new ManualClock(T0));
  await sink.send([sample('a'), sample('b', T0, '999999999999')], null);
  assert.deepEqual(
    bucket.keys('CloudTrail').map((key) => key.split('/')[2]),
    ['123456789012', '999999999999'],
  );
});

test('a process that dies between any two steps of a digest leaves the chain whole', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const bucket = await written(() => random.next() < 0.6);
    const verdict = await bucket.verify();
    assert.deepEqual(verdict, { digests: 3, files: 3, problems: [] }, `seed ${seed}`);
  }
});

test('a bucket that is away keeps records and digests waiting', async () => {
  const bucket = new Bucket();
  const clock = new ManualClock(T0);
  const sink = trail(bucket, clock);
  bucket.status = 403;
  const refused = await sink.send([sample('a')], null);
  assert.equal(refused.deliveries[0]?.kind, 'later', 'somebody can put the right back');
  bucket.status = 200;
  const { memory = null } = await sink.send([sample('a')], null);
  clock.advance(HOUR);
  bucket.status = 503;
  const planned = await idle(sink, memory);
  assert.equal(bucket.keys('CloudTrail-Digest').length, 0);
  bucket.status = 200;
  assert.equal(await sink.idle?.(planned), undefined, 'not tried again at once');
  clock.advance(30_000);
  await idle(sink, planned);
  assert.deepEqual(await bucket.verify(), { digests: 1, files: 1, problems: [] });
});

test('verifying finds whatever was changed, removed, moved, put in or signed by another', async () => {
  const mutations: Readonly<Record<string, (bucket: Bucket) => void>> = {
    'was changed.': (bucket) => {
      const [key = ''] = bucket.keys('CloudTrail');
      const file = bucket.objects.get(key);
      const [, other = ''] = bucket.keys('CloudTrail');
      const body = bucket.objects.get(other)?.body;
      assert.ok(file && body);
      bucket.objects.set(key, { ...file, body });
    },
    'is not there.': (bucket) => void bucket.objects.delete(bucket.keys('CloudTrail')[0] ?? ''),
    'is not in the chain of the newest digest.': (bucket) => {
      const keys = bucket.keys('CloudTrail-Digest');
      const digest = bucket.objects.get(keys[0] ?? '');
      assert.ok(digest);
      bucket.objects.set((keys[0] ?? '').replace('T01', 'T00'), digest);
    },
    'its signature is wrong.': (bucket) => {
      const key = bucket.keys('CloudTrail-Digest').at(-1) ?? '';
      const digest = bucket.objects.get(key);
      assert.ok(digest);
      const headers = { ...digest.headers, 'x-amz-meta-signature': 'ab'.repeat(256) };
      bucket.objects.set(key, { ...digest, headers });
    },
    'was moved: it names another place.': (bucket) => {
      const [first = '', second = ''] = bucket.keys('CloudTrail-Digest');
      const digest = bucket.objects.get(first);
      assert.ok(digest);
      bucket.objects.set(second, digest);
    },
    'is not a compressed file.': (bucket) => {
      const [key = ''] = bucket.keys('CloudTrail-Digest');
      bucket.objects.set(key, { body: Buffer.from('{}'), headers: {} });
    },
  };
  for (const [problem, mutate] of Object.entries(mutations)) {
    const bucket = await written();
    mutate(bucket);
    const { problems } = await bucket.verify();
    assert.ok(
      problems.some((one) => one.endsWith(problem)),
      `${problem} ${problems.join('\n')}`,
    );
  }
  const bucket = await written();
  const { problems } = await bucket.verify(OTHER_KEY);
  assert.match(problems[0] ?? '', /was signed with the key/);
  assert.deepEqual((await new Bucket().verify()).problems, ['There is no digest.']);
});

test('more files than a digest should name end its hour early', async () => {
  const bucket = new Bucket();
  const clock = new ManualClock(T0);
  const sink = trail(bucket, clock);
  let memory: string | null = null;
  for (let i = 0; i < 500; i++) {
    memory = (await sink.send([sample('a', T0 + i)], memory)).memory ?? memory;
  }
  clock.advance(2000);
  await idle(sink, memory);
  assert.deepEqual(await bucket.verify(), { digests: 1, files: 500, problems: [] });
});
