// Aim: every kind of list comes out of staging as exactly its rows, however often its lease dies,
// and progress is visible while it goes in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { JobManifest } from '../../src/model/job.ts';
import type { Task } from '../../src/model/outcome.ts';
import {
  CSV,
  csvInventory,
  csvOf,
  INVENTORY,
  jsonLinesOf,
  parquetInventory,
  putFiles,
  report,
  type Row,
  rowsOf,
  tasksOf,
} from './list-files.ts';
import { BUCKET, Killed, killedAt, ListWorld } from './list-world.ts';

interface Kind {
  readonly put: (world: ListWorld, rows: readonly Row[]) => JobManifest;
  readonly tasks: (rows: readonly Row[]) => Task[];
}

const all = (rows: readonly Row[]): Task[] => tasksOf(rows, true);
const KINDS: Readonly<Record<string, Kind>> = {
  'an inventory of CSV': { put: csvInventory, tasks: all },
  'an inventory of Parquet': { put: parquetInventory, tasks: all },
  'a report': {
    put: report,
    tasks: (rows) => all(rows.filter((_, i) => i % 2 === 1)),
  },
  'JSON Lines': {
    put: (world, rows) => world.manifest('list.jsonl', jsonLinesOf(rows), CSV),
    tasks: all,
  },
  'JSON Lines with gzip': {
    put: (world, rows) => world.manifest('list.NDJSON.gz', gzipSync(jsonLinesOf(rows)), CSV),
    tasks: all,
  },
  'CSV with gzip': {
    put: (world, rows) => world.manifest('list.csv.gz', gzipSync(csvOf(rows)), CSV),
    tasks: all,
  },
  'CSV with zstd': {
    put: (world, rows) => world.manifest('list.csv.zst', zstdCompressSync(csvOf(rows)), CSV),
    tasks: all,
  },
};

/** Several batches of a MiB each. */
const ROWS = rowsOf(16_000);

for (const [name, { put, tasks }] of Object.entries(KINDS)) {
  test(`${name} is staged row by row, and grows while it is`, async () => {
    const world = new ListWorld();
    const prepared = await world.prepare(put(world, ROWS));
    assert.deepEqual(prepared.tasks, tasks(ROWS));
    assert.deepEqual(prepared.facts, {
      tasks: tasks(ROWS).length,
      bucket: 'objects',
      list: { fields: ['Bucket', 'Key', 'VersionId'] },
    });
    const { totals } = prepared;
    assert.ok(new Set(totals).size > 1, `the total went ${totals.join(', ')}`);
    assert.deepEqual(
      totals,
      [...totals].sort((a, b) => a - b),
    );
    assert.ok(prepared.chunks.every(({ rows }) => rows <= 1000));
    assert.equal(world.staging.files.size, new Set(prepared.chunks.map((c) => c.segment)).size);
  });

  test(`${name} comes out once whole, wherever its lease dies`, async () => {
    let at = 0;
    for (; ; at++) {
      const world = new ListWorld();
      const prepared = await world.prepare(put(world, ROWS), { breaking: killedAt(at) });
      assert.deepEqual(prepared.tasks, tasks(ROWS), `after a death before batch ${at}`);
      if (prepared.leases === 1) break; // There is no such batch.
      assert.equal(prepared.leases, 2);
    }
    assert.ok(at > 2, `only ${at} batches`);
  });

  test(`${name} comes out once whole when the store's answers are lost`, async () => {
    const world = new ListWorld();
    const lost = new Set<number>();
    const { tasks: found, leases } = await world.prepare(put(world, ROWS), {
      afterSave: (saves) => {
        if (saves % 2 === 0) return;
        lost.add(saves);
        throw new Killed();
      },
    });
    assert.deepEqual(found, tasks(ROWS));
    assert.equal(leases, lost.size + 1);
  });
}

test('the ETag of the manifest goes with every read, and is pinned for data files', async () => {
  const world = new ListWorld();
  await world.prepare(parquetInventory(world, ROWS.slice(0, 5000)));
  const pinned = new Map<string, Set<string | undefined>>();
  for (const { key = '', headers } of world.requests) {
    pinned.set(key, (pinned.get(key) ?? new Set()).add(headers?.['if-match']));
  }
  assert.equal(pinned.size, 3);
  for (const [key, etags] of pinned) {
    // A data file's is not known before the first answer.
    etags.delete(undefined);
    assert.equal(etags.size, 1, key);
    assert.ok(key === 'inventory/manifest.json' || world.requests.length > 3);
  }
});

test('an envelope made by hand needs no more than format, schema and keys; files may be plain CSV', async () => {
  const world = new ListWorld();
  const rows = rowsOf(10);
  world.put('mine/rows.csv', csvOf(rows));
  const envelope = {
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, VersionId',
    files: [{ key: 'mine/rows.csv' }],
  };
  const manifest = world.manifest('mine/manifest.json', JSON.stringify(envelope), INVENTORY);
  assert.deepEqual((await world.prepare(manifest)).tasks, tasksOf(rows, true));
});

test('an inventory without a VersionId column means current versions', async () => {
  const world = new ListWorld();
  const file = gzipSync('"objects","a"\n"objects","b"');
  const envelope = putFiles(world, [file, gzipSync('')], {
    destinationBucket: BUCKET,
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key',
  });
  const manifest = world.manifest('manifest.json', JSON.stringify(envelope), INVENTORY);
  const { tasks, facts } = await world.prepare(manifest);
  assert.deepEqual(tasks, [
    { bucket: 'objects', key: 'a', manifestKey: 'a' },
    { bucket: 'objects', key: 'b', manifestKey: 'b' },
  ]);
  assert.deepEqual(facts.list?.fields, ['Bucket', 'Key']);
});

test('a file whose last row has no line feed does not run into the next file', async () => {
  const world = new ListWorld();
  const files = ['objects,a', 'objects,b\r\n', 'objects,c'].map((text) => Buffer.from(text));
  const envelope = putFiles(world, files, { fileFormat: 'CSV', fileSchema: 'Bucket,Key' });
  const manifest = world.manifest('manifest.json', JSON.stringify(envelope), INVENTORY);
  const { tasks } = await world.prepare(manifest);
  assert.deepEqual(
    tasks.map(({ key }) => key),
    ['a', 'b', 'c'],
  );
});

test('a report is run again from its failed rows, or from all when a tag says so', async () => {
  const rows = rowsOf(9);
  const keysWith = async (Value?: string): Promise<string[]> => {
    const world = new ListWorld();
    const tags = Value === undefined ? [] : [{ Key: 'brigade:retry', Value }];
    return (await world.prepare(report(world, rows), { tags })).tasks.map(({ key }) => key);
  };
  const failed = rows.filter((_, i) => i % 2 === 1).map(({ key }) => key);
  assert.deepEqual(await keysWith(), failed);
  assert.deepEqual(await keysWith('failed'), failed);
  assert.deepEqual((await keysWith('all')).sort(), rows.map(({ key }) => key).sort());
});

test('a report without any version id acts on current versions, a mixture keeps its column', async () => {
  const plain = rowsOf(8).map((row) => ({ ...row, versionId: '' }));
  const world = new ListWorld();
  const { tasks, facts } = await world.prepare(report(world, plain));
  assert.deepEqual(facts.list?.fields, ['Bucket', 'Key', 'Ignore']);
  assert.deepEqual(
    tasks,
    tasksOf(plain, false).filter((_, i) => i % 2 === 1),
  );

  // One id at the very end, behind a death of the lease.
  const mixed = plain.map((row, i) => (i === 7 ? { ...row, versionId: 'last' } : row));
  for (const at of [0, 1, 2, 3]) {
    const other = new ListWorld();
    const prepared = await other.prepare(report(other, mixed), { breaking: killedAt(at) });
    assert.deepEqual(prepared.facts.list?.fields, ['Bucket', 'Key', 'VersionId']);
    assert.deepEqual(
      prepared.tasks.map(({ versionId }) => versionId),
      ['', '', '', 'last'],
    );
  }
});

test('a job whose fields leave VersionId out acts on current versions, whatever the list holds', async () => {
  const rows = rowsOf(6);
  const Fields = ['Bucket', 'Key'] as const;
  const world = new ListWorld();
  const again = await world.prepare(report(world, rows, [...Fields]));
  assert.deepEqual(
    again.tasks,
    tasksOf(rows, false).filter((_, i) => i % 2 === 1),
  );
  const spec: JobManifest['Spec'] = {
    Format: 'S3BatchOperations_CSV_20180820',
    Fields: [...Fields],
  };
  const lines = await world.prepare(world.manifest('list.jsonl', jsonLinesOf(rows), spec));
  assert.deepEqual(lines.tasks, tasksOf(rows, false));
});

test('a compressed manifest keeps the columns that the job names', async () => {
  const world = new ListWorld();
  const spec: JobManifest['Spec'] = {
    Format: 'S3BatchOperations_CSV_20180820',
    Fields: ['Ignore', 'Key', 'Bucket'],
  };
  const body = gzipSync('"x\ny",a%20b,objects\r\nz,"c,d",objects');
  const { tasks } = await world.prepare(world.manifest('list.csv.gz', body, spec));
  assert.deepEqual(
    tasks.map(({ bucket, key }) => [bucket, key]),
    [
      ['objects', 'a b'],
      ['objects', 'c,d'],
    ],
  );
});

test('what is named .gz and is plain is read as it is: a store may have unpacked it', async () => {
  const world = new ListWorld();
  const rows = rowsOf(3);
  const { tasks } = await world.prepare(world.manifest('list.csv.gz', csvOf(rows), CSV));
  assert.deepEqual(tasks, tasksOf(rows, true));
});
