/**
 * `brigade run`: the engine and the store of a service for one job, in this process and without an
 * API to listen on. Its list and its report may lie on this machine: a bucket of its own, in a
 * sandbox on a thread, stands beside the user's endpoint, and requests about that bucket go there.
 *
 * I1. Everything of a run is in its folder; whoever opens the folder again goes on with it.
 * I2. One process per folder.
 * I3. No task goes to the bucket of the run but by a list that names it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createJobOfJson } from '../api/index.ts';
import { fixedKeyring } from '../auth/index.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import type { Job } from '../model/job.ts';
import { createS3, type S3 } from '../s3/index.ts';
import { claimFolder, type JobCounts, type Store } from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, KeyPair } from './config.ts';
import { buryAll, workersOfFolder } from './instance.ts';
import { openLog } from './open-log.ts';
import { openStore } from './open-store.ts';
import { rootKeyOf } from './root-key.ts';
import { startSandboxThread } from './sandbox-thread.ts';
import { startEngine } from './start-engine.ts';
import { SUPPORTS } from './supports.ts';

export interface JobAtWork {
  readonly job: Job;
  /** On top of the job's own counts. */
  readonly live: JobCounts;
}

export interface OpenRun {
  /** Where the bucket of the run is. */
  readonly place: { readonly endpoint: string; readonly credentials: KeyPair };
  /** Resolves to the id of the job, the same one for the same ClientRequestToken. */
  create(request: object): Promise<string>;
  look(jobId: string): Promise<JobAtWork>;
  /** Records what is in flight, and lets go of the folder. */
  stop(): Promise<void>;
}

/** `config`: its data folder is the run's, its endpoint the user's. `bucket`: the run's own. */
export async function openRun(config: Config, bucket: string): Promise<OpenRun> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const release = claimFolder(config.dataDir);
  if (!release) throw new ConfigError('another process is at work on this run.');
  const undo: (() => unknown)[] = [release];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return { ...(await compose(config, bucket, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(
  config: Config,
  bucket: string,
  undo: (() => unknown)[],
): Promise<Omit<OpenRun, 'stop'>> {
  const [clock, random] = [systemClock, systemRandom];
  const { account, dataDir, region, s3: remote } = config;
  if (!remote) throw new ConfigError('BRIGADE_S3_ENDPOINT: a run needs an endpoint to work on.');
  // A person looks at standard error; the log is for those who ask why.
  const log = openLog(config.logLevel, undefined, join(dataDir, 'log'));
  const key = rootKeyOf(config, random);
  const sandbox = await startSandboxThread({
    dataDir: folderOf(dataDir, 'sandbox'),
    port: 0,
    host: '127.0.0.1',
    region,
    credentials: [{ ...key, accountId: account }],
  });
  undo.push(() => sandbox.stop());
  const place = { endpoint: sandbox.url, credentials: key };
  const own = createS3({ ...place, region, clock, random });
  undo.push(() => own.close());

  const store = await openStore(config, random);
  undo.push(() => store.close());
  const prefix = workersOfFolder(config, random);
  await buryAll(store, prefix, 0);
  const endpoint = { url: remote.endpoint, credentials: remote.credentials };
  const around = (s3: S3): S3 => beside(s3, own, bucket);
  startEngine({ config, store, endpoint, worker: `${prefix}0`, clock, random, log, around }, undo);

  const keyring = fixedKeyring([]);
  const deps = { store, keyring, clock, random, region, supports: SUPPORTS, log };
  return {
    place,
    create: (request) => createJobOfJson(request, account, deps),
    look: (jobId) => lookAt(store, account, jobId),
  };
}

/** Requests about one bucket go to a store of their own. */
function beside(s3: S3, own: S3, bucket: string): S3 {
  const storeOf = (request: { readonly bucket?: string }): S3 =>
    request.bucket === bucket ? own : s3;
  return {
    send: (request, signal) => storeOf(request).send(request, signal),
    open: (request, signal) => storeOf(request).open(request, signal),
    traits: (signal) => s3.traits(signal),
  };
}

async function lookAt(store: Store, account: string, jobId: string): Promise<JobAtWork> {
  const live = await store.liveCounts([jobId], systemClock.now());
  const job = await store.job(account, jobId);
  if (!job) throw new ConfigError(`the job ${jobId} of this run is not in its database.`);
  return { job, live: live.get(jobId) ?? { succeeded: 0, failed: 0 } };
}

function folderOf(dataDir: string, name: string): string {
  const folder = join(dataDir, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
