/**
 * A program of its own, so that its CPU time and memory are nobody else's:
 *
 *   node bench/lib/prepare-list.ts <url> <manifest as JSON> <rows>
 *
 * prepares a job with the engine of the service, and prints what it took as JSON; a short list often,
 * and the last time counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import type { JobManifest } from '../../src/model/job.ts';
import { createS3 } from '../../src/s3/index.ts';
import { folderStaging } from '../../src/staging/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newJob } from '../../test/contract/store.contract.ts';
import type { Measured } from './measured.ts';
import { rssPeakMb } from './processes.ts';
import { CREDENTIALS, REGION, TAG } from './work.ts';

const WARM_ROWS = 1_000_000;
const POLL_MS = 5;

const [url = '', manifest = '', count = ''] = process.argv.slice(2);
const rows = Number(count);
const [clock, random] = [systemClock, systemRandom];
const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
const s3 = createS3({ endpoint: url, region: REGION, credentials: CREDENTIALS, clock, random });
const store = openSqliteStore({ path: join(folder, 'brigade.db'), random });
const staging = folderStaging(join(folder, 'staging'));
const functions = createFunctions({ clock });
const engine = new Engine(
  { store, staging, s3, functions, clock, random, log: silentLog },
  { ...ENGINE_DEFAULTS, worker: 'bench' },
);
engine.start();

/** Until every chunk of one more job is in the store. */
async function prepare(): Promise<Omit<Measured, 'rows' | 'rssPeakMb'>> {
  const made = newJob({ operation: 'S3PutObjectTagging', createdAt: clock.now() });
  const request = {
    ...made.job.request,
    ConfirmationRequired: true,
    Operation: { S3PutObjectTagging: { TagSet: [TAG] } },
    // Made by lists.ts, which types it so.
    Manifest: JSON.parse(manifest) as JobManifest,
  };
  const id = random.uuid();
  const job = { ...made.job, id, request };
  const before = process.cpuUsage();
  const began = performance.now();
  await store.createJob({ ...made, token: id, job });
  // As the service does when a user has made a job.
  engine.wake();
  for (;;) {
    const now = await store.job(job.account, id);
    if (now?.status === 'Suspended' && now.tasksTotal === rows) break;
    if (now?.status === 'Failed' || now?.status === 'Suspended') {
      throw new Error(`${now.status} with ${now.tasksTotal}: ${JSON.stringify(now.failures)}`);
    }
    await clock.sleep(POLL_MS);
  }
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

// Short lists would show nothing but how a process begins: the turn that counts is one of a service that runs.
for (let before = 0; before < WARM_ROWS && rows <= WARM_ROWS; before += rows) await prepare();
const { wallMs, cpuMs } = await prepare();
// Not maxRSS, which begins with that of the parent.
const peakMb = rssPeakMb('self');
await engine.stop();
await store.close();
await s3.close();
rmSync(folder, { recursive: true });
const measured: Measured = { rows, wallMs, cpuMs, rssPeakMb: peakMb };
process.stdout.write(`${JSON.stringify(measured)}\n`);
await functions.close();
