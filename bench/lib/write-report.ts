/**
 * A program of its own, so that its CPU time and memory are nobody else's:
 *
 *   node bench/lib/write-report.ts <url> <rows>
 *
 * lets the engine of the service write the report of a job whose tasks have run: parts in a staging folder
 * become files at the endpoint. Prints what it took as JSON.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import { CHUNK_ROWS, REPORT_CHUNKS_PER_UNIT } from '../../src/model/limits.ts';
import type { Task } from '../../src/model/outcome.ts';
import { encodePart } from '../../src/report/index.ts';
import { createS3, type S3 } from '../../src/s3/index.ts';
import { folderStaging } from '../../src/staging/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newJob } from '../../test/contract/store.contract.ts';
import { jobOfChunks, workOff } from './ledger-job.ts';
import type { Measured } from './measured.ts';
import { rssPeakMb } from './processes.ts';
import { BUCKET, CREDENTIALS, keyOf, REGION } from './work.ts';

const LANES = 16;
const [url = '', count = ''] = process.argv.slice(2);
const chunks = Math.ceil(Number(count) / CHUNK_ROWS);
const rows = chunks * CHUNK_ROWS;
const [clock, random] = [systemClock, systemRandom];
const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
const client = createS3({ endpoint: url, region: REGION, credentials: CREDENTIALS, clock, random });
let index: Buffer | undefined;
const s3: S3 = {
  ...client,
  send: (request, signal) => {
    const isIndex = request.key?.endsWith('/manifest.json');
    if (isIndex && request.body !== undefined) index = Buffer.from(request.body);
    return client.send(request, signal);
  },
};
const store = openSqliteStore({ path: join(folder, 'brigade.db'), random });
const staging = folderStaging(join(folder, 'staging'));
const functions = createFunctions({ clock });

const tasks: Task[] = Array.from({ length: CHUNK_ROWS }, (_, row) => ({
  ...{ bucket: BUCKET, key: keyOf(row), manifestKey: keyOf(row) },
}));
const outcomes = tasks.map(() => ({ ok: true, message: 'Successful' }) as const);
const { bytes } = encodePart(tasks, outcomes, 'AllTasks');

const made = newJob({ id: random.uuid(), createdAt: clock.now() });
const Report = { Enabled: true, Bucket: `arn:aws:s3:::${BUCKET}`, Prefix: 'reports' };
const request = { ...made.job.request, Report: { ...Report, ReportScope: 'AllTasks' as const } };
const id = await jobOfChunks(store, chunks, { ...made, job: { ...made.job, request } });
const recorded = await workOff(store, 'maker', LANES, async ({ lease: { jobId, seq, fence } }) => {
  await staging.write({ jobId, seq, fence }, bytes);
  return bytes.length;
});
assert.equal(recorded, chunks);

const engine = new Engine(
  { store, staging, s3, functions, clock, random, log: silentLog },
  { ...ENGINE_DEFAULTS, worker: 'bench' },
);
const before = process.cpuUsage();
const began = performance.now();
engine.start();
for (;;) {
  const job = await store.job(made.job.account, id);
  if (job?.status === 'Complete') break;
  assert.ok(job?.status !== 'Failed', JSON.stringify(job?.failures));
  await clock.sleep(20);
}
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(before);
const peakMb = rssPeakMb('self');

/** Hex, of each file. */
const expected: string[] = [];
for (let first = 0; first < chunks; first += REPORT_CHUNKS_PER_UNIT) {
  const md5 = createHash('md5');
  const end = Math.min(chunks, first + REPORT_CHUNKS_PER_UNIT);
  for (let chunk = first; chunk < end; chunk++) md5.update(bytes);
  expected.push(md5.digest('hex'));
}
// Written by the code under test; a wrong shape fails the comparison.
const { Results } = JSON.parse(String(index)) as { Results: { MD5Checksum: string }[] };
const found = Results.map(({ MD5Checksum }) => MD5Checksum);
assert.deepEqual(found.sort(), expected.sort(), 'the files are not the parts');

await engine.stop();
await store.close();
await client.close();
await functions.close();
rmSync(folder, { recursive: true });
const measured: Measured = { rows, wallMs, cpuMs: (user + system) / 1000, rssPeakMb: peakMb };
process.stdout.write(`${JSON.stringify(measured)}\n`);
