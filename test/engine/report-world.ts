/**
 * Jobs whose tasks have run and whose report is to be written: real engines on one store, one staging
 * and the sandbox, each of which can be struck dead or be given a bad line to S3.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { type Log, silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { createFunctions } from '../../src/functions/index.ts';
import type { Job } from '../../src/model/job.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import { encodePart, readReport, type ReportRow } from '../../src/report/index.ts';
import {
  createS3,
  elements,
  elementText,
  type S3,
  type S3Answer,
  type S3Client,
  type S3Request,
} from '../../src/s3/index.ts';
import { folderStaging, type Staging } from '../../src/staging/index.ts';
import { type LeasedUnit, openSqliteStore, type Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { CREDENTIALS, startTestSandbox } from '../sandbox/start.ts';

const ACCOUNT = '123456789012';
const WAIT_MS = 30_000;
export const REPORTS = 'reports';

export interface Line {
  /** Sees each request before it is sent; what it resolves to is the answer, if anything. */
  before?: (request: S3Request) => Promise<S3Answer | undefined>;
  /** Sees each answer; what it resolves to is what the engine gets. */
  after?: (request: S3Request, answer: S3Answer) => Promise<S3Answer>;
  /** No sleep is longer: backoffs pass quickly. */
  sleepMsMax?: number;
  log?: Log;
}

export interface Worker {
  /** From now on nothing comes back to it, and nothing leaves it. */
  strike(): void;
  stop(): Promise<void>;
}

export interface ReportJob {
  readonly id: string;
  readonly keys: readonly string[];
}

export class ReportWorld {
  readonly store: Store;
  /** As its tests may change it. */
  staging: Staging;
  readonly folder: string;
  readonly s3: S3Client;
  readonly #stopSandbox: () => Promise<void>;
  readonly #workers: Worker[] = [];
  readonly #struck = new Set<Worker>();

  private constructor(folder: string, s3: S3Client, stopSandbox: () => Promise<void>) {
    this.folder = folder;
    this.store = openSqliteStore({ path: ':memory:' });
    this.staging = folderStaging(folder);
    this.s3 = s3;
    this.#stopSandbox = stopSandbox;
  }

  static async open(): Promise<ReportWorld> {
    const sandbox = await startTestSandbox();
    const [credentials] = CREDENTIALS;
    const { endpoint, region } = sandbox;
    const s3 = createS3({
      ...{ endpoint, region, credentials },
      ...{ clock: systemClock, random: systemRandom },
    });
    await s3.send({ method: 'PUT', bucket: REPORTS });
    const folder = await mkdtemp(join(tmpdir(), 'brigade-report-'));
    return new ReportWorld(folder, s3, () => sandbox.stop());
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) if (!this.#struck.has(worker)) await worker.stop();
    await this.store.close();
    await this.s3.close();
    await this.#stopSandbox();
    await rm(this.folder, { recursive: true });
  }

  /** Every task has succeeded, with `message`; each chunk is one part. */
  async job(chunks: number, rows: number, message = 'Successful'): Promise<ReportJob> {
    const { store } = this;
    const id = systemRandom.uuid();
    const now = Date.now();
    const { job, ...rest } = newJob({ id });
    const Report = { Enabled: true, Bucket: `arn:aws:s3:::${REPORTS}`, Prefix: 'all' };
    const request = { ...job.request, Report: { ...Report, ReportScope: 'AllTasks' as const } };
    await store.createJob({ ...rest, job: { ...job, request, createdAt: now } });
    await store.apply(id, 'PreparationStarted', { at: now });
    const lease = { worker: 'maker', now, until: now + 60_000 };
    const [prepare] = await store.lease({ ...lease, limit: 1, kinds: ['prepare'] });
    assert.ok(prepare);
    const ranges = Array.from({ length: chunks }, (_, seq) => ({
      ...{ firstRow: seq * rows, rows, start: seq, end: seq + 1 },
    }));
    await store.addChunks(prepare.lease, ranges, {});
    await store.finishPreparing(prepare.lease, { tasks: chunks * rows, bucket: 'objects' }, now);
    await store.schedule(100, now);
    const keys: string[] = [];
    const outcome: Outcome = { ok: true, message };
    const outcomes = Array.from({ length: rows }, () => outcome);
    const units = await store.lease({ ...lease, limit: chunks, kinds: ['chunk'] });
    assert.equal(units.length, chunks);
    const one = async ({ lease: held }: LeasedUnit): Promise<void> => {
      const tasks: Task[] = outcomes.map((_, row) => {
        const key = `key-${held.seq}-${row}`;
        keys.push(key);
        return { bucket: 'objects', key, manifestKey: key };
      });
      const { bytes, ...counts } = encodePart(tasks, outcomes, 'AllTasks');
      await this.staging.write({ jobId: id, seq: held.seq, fence: held.fence }, bytes);
      assert.ok(await store.commitPart(held, { ...counts, to: rows }, now));
    };
    for (let at = 0; at < chunks; at += 50) await Promise.all(units.slice(at, at + 50).map(one));
    return { id, keys };
  }

  /** Leases are short, so that the death of a worker is noticed soon. */
  worker(name: string, line: Line = {}): Worker {
    // Ends the sleeps of the dead too, whose timers would keep this process alive.
    const death = new AbortController();
    const alive = async <T>(call: () => Promise<T>): Promise<T> => {
      if (death.signal.aborted) await new Promise(() => undefined);
      const result = await call();
      if (death.signal.aborted) await new Promise(() => undefined);
      return result;
    };
    const s3: S3 = {
      send: (request, signal) =>
        alive(async () => {
          const instead = await line.before?.(request);
          if (instead || death.signal.aborted) return instead ?? noAnswer();
          const answer = await this.s3.send(request, signal);
          return (await line.after?.(request, answer)) ?? answer;
        }),
      open: (request, signal) => alive(() => this.s3.open(request, signal)),
      traits: (signal) => alive(() => this.s3.traits(signal)),
    };
    const store = new Proxy(this.store, {
      get: (target, property) => {
        const method: unknown = Reflect.get(target, property);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          alive(() => Reflect.apply(method, target, args) as Promise<unknown>);
      },
    });
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => {
        const { sleepMsMax = Infinity } = line;
        const signals = signal ? [signal, death.signal] : [death.signal];
        return alive(() => systemClock.sleep(Math.min(ms, sleepMsMax), AbortSignal.any(signals)));
      },
    };
    const engine = new Engine(
      {
        ...{
          store,
          staging: this.staging,
          s3,
          clock,
          random: systemRandom,
          log: line.log ?? silentLog,
        },
        functions: createFunctions({ clock }),
      },
      { ...ENGINE_DEFAULTS, worker: name, leaseMs: 1000, tickMs: 50 },
    );
    const worker: Worker = {
      strike: () => {
        death.abort();
        this.#struck.add(worker);
      },
      stop: () => engine.stop(),
    };
    this.#workers.push(worker);
    engine.start();
    return worker;
  }

  async ended(jobId: string): Promise<Job> {
    for (const giveUpAt = performance.now() + WAIT_MS; ;) {
      const job = await this.store.job(ACCOUNT, jobId);
      assert.ok(job);
      if (job.terminatedAt !== undefined) return job;
      assert.ok(performance.now() < giveUpAt, `the job did not end, it is ${job.status}`);
      await systemClock.sleep(20);
    }
  }

  /** The rows of each results file that the index names. */
  async report(jobId: string): Promise<readonly (readonly ReportRow[])[]> {
    const index = await this.get(`all/job-${jobId}/manifest.json`);
    assert.ok(index, 'the report has no index');
    // Written by the code under test; a wrong shape fails the test.
    const { Results } = JSON.parse(index.toString()) as { Results: { Key: string }[] };
    const files = await Promise.all(Results.map(({ Key }) => this.get(Key)));
    return files.map((file) => readReport(file ?? Buffer.of()));
  }

  async get(key: string): Promise<Buffer | undefined> {
    const answer = await this.s3.open({ method: 'GET', bucket: REPORTS, key });
    if (Buffer.isBuffer(answer.body)) return undefined;
    return Buffer.concat((await answer.body.toArray()) as Buffer[]);
  }

  /** Keys of what was begun and neither completed nor aborted. */
  async openUploads(): Promise<readonly string[]> {
    const query = { uploads: '' };
    const { body } = await this.s3.send({ method: 'GET', bucket: REPORTS, query });
    return elements(body.toString(), 'Upload').map((one) => elementText(one, 'Key') ?? '');
  }

  /** Begins an upload that is not the service's. */
  async beginUpload(key: string): Promise<void> {
    await this.s3.send({ method: 'POST', bucket: REPORTS, key, query: { uploads: '' } });
  }
}

export function noAnswer(): S3Answer {
  return { status: 0, headers: {}, body: Buffer.alloc(0), failure: 'The test cut the line.' };
}

/** Every task is in the report, each once. */
export function assertEachOnce(
  files: readonly (readonly ReportRow[])[],
  { keys }: ReportJob,
): void {
  const reported = files.flat().map(({ manifestKey }) => manifestKey);
  assert.deepEqual(reported.sort(), [...keys].sort());
}
