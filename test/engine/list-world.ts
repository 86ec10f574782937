/**
 * A list, prepared by the real sources, stager and store, over objects in memory; leases that die
 * wherever a test wants them to.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ManualClock, type Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { ENGINE_DEFAULTS, type EngineContext } from '../../src/engine/context.ts';
import { Gate } from '../../src/engine/gate.ts';
import { Meters } from '../../src/metrics/index.ts';
import type { HeldLease } from '../../src/engine/held-lease.ts';
import { openList } from '../../src/engine/list-open.ts';
import type { ListSource } from '../../src/engine/list-source.ts';
import { stageList } from '../../src/engine/stage-list.ts';
import { type ChunkRange } from '../../src/manifest/index.ts';
import type { Job, JobManifest, JobTag } from '../../src/model/job.ts';
import type { Task } from '../../src/model/outcome.ts';
import type { S3, S3Request } from '../../src/s3/index.ts';
import type { StagedName, Staging } from '../../src/staging/index.ts';
import {
  type LeasedUnit,
  type ManifestFacts,
  openSqliteStore,
  type Store,
} from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { tasksIn } from '../manifest/manifests.ts';

export const BUCKET = 'lists';

export class ListWorld {
  readonly objects = new Map<string, Buffer>();
  readonly requests: S3Request[] = [];
  /** Statuses that a GET of this object gets instead of its bytes. */
  readonly refusals = new Map<string, number>();
  readonly staging = new MemoryStaging();
  readonly #store: Store = openSqliteStore({ path: ':memory:', random: seededRandom(1) });
  readonly #chunkRows: number;

  constructor(chunkRows = 1000) {
    this.#chunkRows = chunkRows;
  }

  /** Resolves to the ETag. */
  put(key: string, body: Buffer | string): string {
    this.objects.set(`${BUCKET}/${key}`, Buffer.from(body));
    return md5(Buffer.from(body));
  }

  manifest(key: string, body: Buffer | string, Spec: JobManifest['Spec']): JobManifest {
    return {
      Spec,
      Location: { ObjectArn: `arn:aws:s3:::${BUCKET}/${key}`, ETag: this.put(key, body) },
    };
  }

  async prepare(Manifest: JobManifest, options: PrepareOptions = {}): Promise<Prepared> {
    const job = newJob({});
    const request = { ...job.job.request, Manifest };
    await this.#store.createJob({
      ...job,
      job: { ...job.job, request, tags: options.tags ?? [] },
    });
    const accepted: ChunkRange[] = [];
    const totals: number[] = [];
    const store: Store = {
      ...this.#store,
      addChunks: async (lease, chunks, checkpoint) => {
        // As the store of another process would keep it.
        const kept: unknown = JSON.parse(JSON.stringify(checkpoint));
        const isSaved = await this.#store.addChunks(lease, chunks, kept);
        if (isSaved) accepted.push(...chunks);
        totals.push((await this.#store.job(job.job.account, job.job.id))?.tasksTotal ?? 0);
        options.afterSave?.(totals.length);
        return isSaved;
      },
    };
    for (let leases = 1; ; leases++) {
      assert.ok(leases < 1000, 'the list is never prepared');
      const unit = await this.#lease(job.job.id);
      const context = this.#context(store);
      try {
        const list = await openList({ job: unit.job, held: heldBy(unit), context });
        assert.ok(list, 'this list is read where it lies');
        const source = options.breaking?.(list) ?? list;
        const facts = await stageList(source, unit, heldBy(unit), context);
        assert.ok(facts);
        const chunks = accepted;
        return { facts, chunks, totals, leases, tasks: await this.#tasks(job.job, facts, chunks) };
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        await this.#store.release(unit.lease, 0, false);
      }
    }
  }

  async #lease(jobId: string): Promise<LeasedUnit> {
    const kinds = ['prepare'] as const;
    for (;;) {
      const [unit] = await this.#store.lease({ worker: 'w', now: 0, until: 1, limit: 1, kinds });
      assert.ok(unit, 'there is nothing to lease');
      if (unit.lease.jobId === jobId) return unit;
    }
  }

  async #tasks(job: Job, { list }: ManifestFacts, chunks: readonly ChunkRange[]): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const range of chunks) {
      assert.ok(list && range.segment !== undefined);
      assert.equal(range.firstRow, tasks.length, 'chunks do not follow on each other');
      const name = { jobId: job.id, segment: range.segment };
      const pieces: Uint8Array[] = [];
      for await (const piece of this.staging.read(name, range.start, range.end)) pieces.push(piece);
      tasks.push(...tasksIn(Buffer.concat(pieces), list.fields, range));
    }
    return tasks;
  }

  #context(store: Store): EngineContext {
    const clock = new HurriedClock();
    const options = { ...ENGINE_DEFAULTS, worker: 'w', chunkRows: this.#chunkRows, outageMs: 1000 };
    const { staging } = this;
    const gate = new Gate(clock, 1);
    const random = seededRandom(1);
    // No operation is opened here.
    const meters = new Meters();
    const s3 = this.#s3();
    const rest = { store, staging, s3, clock, random, log: silentLog, meters, options, gate };
    return rest as unknown as EngineContext;
  }

  #s3(): S3 {
    const open: S3['open'] = async (request) => {
      this.requests.push(request);
      const name = `${request.bucket}/${request.key}`;
      const refused = this.refusals.get(name);
      const body = this.objects.get(name);
      if (refused !== undefined || body === undefined) {
        return { status: refused ?? 404, headers: {}, body: Buffer.alloc(0) };
      }
      const etag = `"${md5(body)}"`;
      if ((request.headers?.['if-match'] ?? etag) !== etag) {
        return { status: 412, headers: {}, body: Buffer.alloc(0) };
      }
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers?.['range'] ?? '') ?? [];
      const start = Number(from ?? 0);
      if (start >= body.length && from !== undefined) {
        return { status: 416, headers: {}, body: Buffer.alloc(0) };
      }
      const range = body.subarray(start, to ? Number(to) + 1 : body.length);
      const status = from === undefined ? 200 : 206;
      return { status, headers: { etag }, body: Readable.from(pieces(range)) };
    };
    const send: S3['send'] = async (request) => {
      const answer = await open(request);
      const whole: Buffer[] = [];
      for await (const piece of answer.body) whole.push(piece as Buffer);
      return { ...answer, body: Buffer.concat(whole) };
    };
    return { open, send } as Partial<S3> as S3;
  }
}

export interface PrepareOptions {
  readonly tags?: readonly JobTag[];
  /** Puts something between a list and whoever reads it; called for each lease. */
  readonly breaking?: (list: ListSource) => ListSource;
  /** Called when the store has saved, and before the caller hears of it. */
  readonly afterSave?: (saves: number) => void;
}

export interface Prepared {
  readonly facts: ManifestFacts;
  readonly chunks: readonly ChunkRange[];
  /** Tasks that DescribeJob would show, after each save. */
  readonly totals: readonly number[];
  readonly leases: number;
  readonly tasks: readonly Task[];
}

/** The process has died. */
export class Killed extends Error {}

/** Dies once, before handing out batch number `at`. */
export function killedAt(at: number): (list: ListSource) => ListSource {
  let isDead = false;
  return (list) => ({
    ...list,
    async *batches(from, signal) {
      let count = 0;
      for await (const batch of list.batches(from, signal)) {
        if (!isDead && count++ === at) {
          isDead = true;
          throw new Killed();
        }
        yield batch;
      }
    },
  });
}

class MemoryStaging implements Staging {
  readonly files = new Map<string, Buffer>();

  write(name: StagedName, bytes: Uint8Array): Promise<void> {
    const file = fileOf(name);
    assert.ok(!this.files.has(file), 'a staged file is written twice');
    this.files.set(file, Buffer.from(bytes));
    return Promise.resolve();
  }

  async *read(name: StagedName, start: number, end: number): AsyncGenerator<Uint8Array> {
    const file = this.files.get(fileOf(name));
    assert.ok(file, 'a staged file is missing');
    yield Uint8Array.from(file.subarray(start, end));
  }

  remove(name: StagedName): Promise<void> {
    this.files.delete(fileOf(name));
    return Promise.resolve();
  }

  removeJob = () => assert.fail('preparing removes no job');
  uploads = () => assert.fail('preparing has no uploads');
  jobs = () => assert.fail('preparing lists no jobs');
}

function fileOf(name: StagedName): string {
  assert.ok(!('upload' in name), 'preparing has no uploads');
  return 'segment' in name
    ? `${name.jobId}/${name.segment}`
    : `${name.jobId}/${name.seq}-${name.fence}`;
}

/** Time flies: every look at the clock is two seconds later, so that every batch is saved. */
class HurriedClock implements Clock {
  readonly #clock = new ManualClock();
  now = (): number => this.#clock.now();
  sleep = (): Promise<void> => Promise.resolve();
  monotonic(): number {
    this.#clock.advance(2000);
    return this.#clock.monotonic();
  }
}

function heldBy(unit: LeasedUnit): HeldLease {
  const left = new AbortController().signal;
  const held = { lease: unit.lease, left, course: 'run', mayStart: () => true };
  return held as unknown as HeldLease;
}

function* pieces(body: Buffer): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += 65_521) yield body.subarray(at, at + 65_521);
}

export function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}
