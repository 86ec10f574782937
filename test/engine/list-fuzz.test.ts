// Aim: any bytes as envelope, report index, gzip, zstd or JSON Lines fail the job cleanly or prepare
// it, and a bomb costs neither memory nor for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { JobFailed } from '../../src/engine/unit-errors.ts';
import { ManifestDefect } from '../../src/manifest/index.ts';
import type { JobManifest } from '../../src/model/job.ts';
import { CSV, csvInventory, csvOf, INVENTORY, jsonLinesOf, report, rowsOf } from './list-files.ts';
import { BUCKET, ListWorld } from './list-world.ts';

async function preparesOrFails(world: ListWorld, manifest: JobManifest): Promise<void> {
  try {
    await world.prepare(manifest);
  } catch (error) {
    const isClean = error instanceof JobFailed || error instanceof ManifestDefect;
    assert.ok(isClean, error instanceof Error ? error.stack : String(error));
    assert.ok(error.message.length <= 256 || error instanceof JobFailed);
  }
}

const ROWS = rowsOf(40);
const SEEDS: readonly (readonly [key: string, body: Buffer, spec: JobManifest['Spec']])[] = [
  ['list.csv.gz', gzipSync(csvOf(ROWS)), CSV],
  ['list.csv.zst', zstdCompressSync(csvOf(ROWS)), CSV],
  ['list.jsonl', Buffer.from(jsonLinesOf(ROWS)), CSV],
  ['list.jsonl.gz', gzipSync(jsonLinesOf(ROWS)), CSV],
];
const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });

function damaged(body: Buffer, bytes: readonly (readonly [number, number])[]): Buffer {
  const broken = Buffer.from(body);
  for (const [at, byte] of bytes) broken[at % broken.length] = byte;
  return broken;
}

test('damaged lists of one file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SEEDS), damage, async ([key, body, spec], bytes) => {
      const world = new ListWorld();
      await preparesOrFails(world, world.manifest(key, damaged(body, bytes), spec));
    }),
    { numRuns: 150 },
  );
});

test('damaged envelopes and report indexes', async () => {
  const puts = [csvInventory, report] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...puts), damage, async (put, bytes) => {
      const world = new ListWorld();
      const { Spec, Location } = put(world, ROWS);
      const key = Location?.ObjectArn?.split(`${BUCKET}/`)[1] ?? '';
      const body = world.objects.get(`${BUCKET}/${key}`) ?? assert.fail();
      await preparesOrFails(world, world.manifest(key, damaged(body, bytes), Spec));
    }),
    { numRuns: 150 },
  );
});

test('any JSON as an envelope or a report index', async () => {
  const member = fc.constantFrom('files', 'fileFormat', 'fileSchema', 'Results', 'ReportSchema');
  const json = fc.oneof(fc.jsonValue(), fc.dictionary(member, fc.jsonValue()));
  await fc.assert(
    fc.asyncProperty(json, fc.constantFrom(CSV, INVENTORY), async (value, spec) => {
      const world = new ListWorld();
      await preparesOrFails(world, world.manifest('manifest.json', JSON.stringify(value), spec));
    }),
    { numRuns: 150 },
  );
});

test('a bomb of one endless row is refused at its first window', async () => {
  for (const [key, body] of [
    ['bomb.csv.gz', gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'))],
    ['bomb.csv.zst', zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, 'a'))],
    ['bomb.jsonl.gz', gzipSync(Buffer.alloc(64 * 1024 * 1024, '['))],
  ] as const) {
    const world = new ListWorld();
    await assert.rejects(world.prepare(world.manifest(key, body, CSV)), /more than 65536 bytes/);
  }
});

test('what follows the end of a gzip stream does not hold the job up', async () => {
  const world = new ListWorld();
  const body = Buffer.concat([gzipSync(csvOf(ROWS)), Buffer.alloc(1024 * 1024, 'x')]);
  await preparesOrFails(world, world.manifest('list.csv.gz', body, CSV));
});
