// Aim: a chunk that lasts is recorded in turns, and every row of it runs once.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { S3, S3Request } from '../../src/s3/index.ts';
import type { PartRecord, Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { ACCOUNT, withEngine, type Scene } from './engine-world.ts';

const ROWS = 60;
const TASK_MS = 100;
const OPTIONS = { chunkRows: ROWS, turnRows: 3, requestsMax: 1 };

const request = {
  ...newJob().job.request,
  Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'a', Value: 'b' }] } },
  Report: { Enabled: false },
  ConfirmationRequired: false,
  Manifest: {
    Spec: {
      Format: 'S3BatchOperations_CSV_20180820' as const,
      Fields: ['Bucket' as const, 'Key' as const],
    },
    Location: { ObjectArn: 'arn:aws:s3:::lists/list.csv', ETag: 'e' },
  },
};

interface Twists {
  /** A key whose request ends when it is released. */
  readonly hanging?: string;
  /** Until then no part is taken. */
  readonly recorded?: Promise<void>;
  /** The answer to a GET of the list tells its length. */
  readonly tellsLength?: boolean;
  readonly rows?: number;
}

function world({ hanging, recorded, tellsLength = false, rows = ROWS }: Twists = {}) {
  const list = Buffer.from(Array.from({ length: rows }, (_, row) => `bkt,k${row}\n`).join(''));
  const begun: string[] = [];
  const parts: (PartRecord & { readonly seq: number })[] = [];
  const ends: { readonly at: number; readonly end: () => void }[] = [];
  let now = (): number => 0;
  const headers = { etag: '"e"' };
  const send = ({ method, key = '', headers: asked }: S3Request): ReturnType<S3['send']> => {
    if (method === 'GET') {
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(asked?.['range'] ?? '') ?? [];
      const body = Buffer.from(list.subarray(Number(start), Number(end) + 1));
      return Promise.resolve({ status: 206, headers, body });
    }
    begun.push(key);
    return new Promise((resolve) => {
      const end = (): void => resolve({ status: 200, headers, body: Buffer.alloc(0) });
      ends.push({ at: key === hanging ? Infinity : now() + TASK_MS, end });
    });
  };
  const open: S3['open'] = () =>
    Promise.resolve({
      status: 200,
      headers: tellsLength ? { ...headers, 'content-length': String(list.length) } : headers,
      body: Readable.from([Buffer.from(list)]),
    });
  const chunks: number[] = [];
  const change = (store: Store): Store => ({
    ...store,
    addChunks: (lease, ranges, checkpoint) => {
      chunks.push(...ranges.map(({ rows }) => rows));
      return store.addChunks(lease, ranges, checkpoint);
    },
    commitPart: async (lease, part, at) => {
      await recorded;
      parts.push({ ...part, seq: lease.seq });
      return store.commitPart(lease, part, at);
    },
  });
  return {
    begun,
    parts,
    /** Rows of each. */
    chunks,
    /** Ends what hangs. */
    release: (): void => ends.forEach(({ end }) => end()),
    settings: { s3: { send, open }, change, options: OPTIONS },
    async create({ store, clock }: Scene): Promise<string> {
      now = () => clock.now();
      const made = newJob({ operation: 'S3PutObjectTagging', createdAt: clock.now(), request });
      await store.createJob(made);
      return made.job.id;
    },
    async pass({ clock, settle }: Scene, ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50);
        for (const one of ends.filter(({ at }) => at <= clock.now())) {
          ends.splice(ends.indexOf(one), 1);
          one.end();
        }
        await settle();
      }
    },
  };
}

test('a chunk that lasts is recorded every two seconds, and each of its rows runs once', async () => {
  const { begun, parts, settings, create, pass } = world();
  await withEngine(async (scene) => {
    const id = await create(scene);
    await pass(scene, 4000);
    assert.ok(parts.length >= 1, 'a part before the chunk is done');
    const job = await scene.store.job(ACCOUNT, id);
    assert.equal(job?.status, 'Active');
    assert.equal(job.tasksSucceeded, parts.at(-1)?.to);
    await pass(scene, 10_000);
    assert.equal((await scene.store.job(ACCOUNT, id))?.status, 'Complete');
  }, settings);
  assert.deepEqual(
    begun,
    Array.from({ length: ROWS }, (_, row) => `k${row}`),
  );
  assert.ok(parts.length >= 3 && parts.length <= 5, `${parts.length} parts`);
  assert.equal(parts.at(-1)?.to, ROWS);
  // Two seconds of work, and what it took to see that they were over.
  for (const [index, { to }] of parts.entries()) {
    const rows = to - (parts[index - 1]?.to ?? 0);
    assert.ok(rows <= 24, `${rows} rows in part ${index}`);
  }
});

test('a chunk that only waits for its last request keeps no lane from the next one', async () => {
  const { begun, settings, create, pass, release } = world({ hanging: 'k5' });
  const options = { chunkRows: 30, turnRows: 3, requestsMax: 2, chunkLanes: 1 };
  const play = async (scene: Scene): Promise<void> => {
    const id = await create(scene);
    await pass(scene, 4000);
    assert.ok(!begun.includes('k29'), 'the first chunk was given up before its end');
    assert.ok(begun.includes('k30'), `the second has begun: ${begun.at(-1)}`);
    release();
    await pass(scene, 8000);
    assert.equal((await scene.store.job(ACCOUNT, id))?.status, 'Complete');
    assert.equal(begun.length, ROWS);
  };
  await withEngine(play, { ...settings, options });
});

test('chunks that wait to be recorded keep their lanes, or tasks would begin without an end', async () => {
  const recorded = Promise.withResolvers<void>();
  const { begun, settings, create, pass } = world({ recorded: recorded.promise });
  const options = { chunkRows: 10, turnRows: 3, requestsMax: 2, chunkLanes: 2 };
  const play = async (scene: Scene): Promise<void> => {
    const id = await create(scene);
    await pass(scene, 20_000);
    assert.equal(begun.length, 20);
    recorded.resolve();
    await pass(scene, 8000);
    assert.equal((await scene.store.job(ACCOUNT, id))?.status, 'Complete');
    assert.equal(begun.length, ROWS);
  };
  await withEngine(play, { ...settings, options });
});

test('how long a list is shows before its end where the endpoint tells it', async () => {
  const options = { chunkRows: 1, chunkRowsMax: 8 };
  const cutWith = async (tellsLength: boolean): Promise<readonly number[]> => {
    const { chunks, settings, create, pass } = world({ tellsLength, rows: 300 });
    const play = async (scene: Scene): Promise<void> => {
      await create(scene);
      await pass(scene, 8000);
    };
    await withEngine(play, { ...settings, options });
    return chunks;
  };
  // 2 is the largest number that is no more than a 128th of 300.
  assert.deepEqual(new Set((await cutWith(true)).slice(1, -1)), new Set([2]));
  assert.deepEqual(new Set((await cutWith(false)).slice(0, 128)), new Set([1]));
});
