/** The users of a soak: they make jobs, and change their minds about them. */
import { setTimeout as sleep } from 'node:timers/promises';
import assert from 'node:assert/strict';
import {
  type CreateJobCommandInput,
  S3ControlServiceException,
  UpdateJobPriorityCommand,
} from '@aws-sdk/client-s3-control';
import type { Random } from '../../src/base/random.ts';
import type { JobDescriptor, World } from '../e2e/world.ts';
import { makeJob, retryJob, type SoakJob } from './jobs.ts';

const LIVE_MAX = 5;
const ENDS = ['Complete', 'Failed', 'Cancelled'];
/** The API is away for seconds at most. */
const PATIENCE_MS = 90_000;
const RETRIES_SHARE = 0.3;

export class Users {
  readonly jobs: SoakJob[] = [];
  readonly ended = new Map<string, JobDescriptor>();
  readonly acts = new Map<string, number>();
  /** Jobs whose failed rows were run again. */
  readonly #retried = new Set<string>();
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  get live(): readonly SoakJob[] {
    return this.jobs.filter(({ id }) => !this.ended.has(id));
  }

  /** One step; throws when a counter is not what it can be. */
  async act(): Promise<void> {
    const random = this.#random;
    await this.look();
    if (this.live.length < LIVE_MAX) await this.#newJob();
    const job = this.live[Math.floor(random.next() * this.live.length)];
    if (!job) return;
    const kind = random.next();
    if (kind < 0.06) await this.#cancel(job);
    else if (kind < 0.2) await this.#update(job, 'Paused');
    else if (kind < 0.45) await this.#update(job, 'Ready');
    else if (kind < 0.55) await this.#setPriority(job);
  }

  /** Asks after all that live. */
  async look(): Promise<void> {
    for (const { id, name, keys } of this.live) {
      const job = await this.#patiently(() => this.#world.describe(id));
      const { ProgressSummary: progress, Status: status = '' } = job;
      const { NumberOfTasksSucceeded = 0, NumberOfTasksFailed = 0 } = progress ?? {};
      const counted = NumberOfTasksSucceeded + NumberOfTasksFailed;
      assert.ok(counted <= keys.length, `${name} counts ${counted} of ${keys.length} tasks`);
      if (ENDS.includes(status)) this.ended.set(id, job);
    }
  }

  /** Until every job has ended. */
  async letAllEnd(limitMs: number): Promise<void> {
    const giveUpAt = performance.now() + limitMs;
    for (await this.look(); this.live.length > 0; await this.look()) {
      for (const job of this.live) await this.#update(job, 'Ready');
      if (performance.now() > giveUpAt) {
        const left = await Promise.all(this.live.map(({ id }) => this.#world.describe(id)));
        assert.fail(`After ${limitMs} ms these have not ended: ${JSON.stringify(left)}`);
      }
      await sleep(500);
    }
  }

  async #newJob(): Promise<void> {
    const submit = (request: CreateJobCommandInput): Promise<string> => this.#submit(request);
    const first = this.jobs.find(({ id }) => this.#hasFailedRows(id) && !this.#retried.has(id));
    const ended = first && this.ended.get(first.id);
    if (ended && this.#random.next() < RETRIES_SHARE) {
      this.#retried.add(first.id);
      this.jobs.push(await retryJob(this.#world, first, ended, submit));
      this.#note('jobs that retry failed rows');
      return;
    }
    this.jobs.push(await makeJob(this.#world, this.#random, submit));
    this.#note('jobs');
  }

  #hasFailedRows(jobId: string): boolean {
    const { Status: status, ProgressSummary: progress } = this.ended.get(jobId) ?? {};
    return status === 'Complete' && (progress?.NumberOfTasksFailed ?? 0) > 0;
  }

  #submit(request: CreateJobCommandInput): Promise<string> {
    // The token in it makes the same request the same job.
    return this.#patiently(() => this.#world.submit(request));
  }

  async #cancel(job: SoakJob): Promise<void> {
    job.isCancelled = true;
    await this.#update(job, 'Cancelled');
  }

  async #update({ id }: SoakJob, status: 'Paused' | 'Ready' | 'Cancelled'): Promise<void> {
    const done = await this.#patiently(() => this.#world.updateStatus(id, status as never)).catch(
      refused,
    );
    if (done !== undefined) this.#note(`times ${status}`);
  }

  async #setPriority({ id }: SoakJob): Promise<void> {
    const command = new UpdateJobPriorityCommand({
      AccountId: this.#world.service.account,
      JobId: id,
      Priority: Math.floor(this.#random.next() * 10),
    });
    await this.#patiently(() => this.#world.control.send(command)).catch(refused);
    this.#note('priorities');
  }

  #note(act: string): void {
    this.acts.set(act, (this.acts.get(act) ?? 0) + 1);
  }

  /** Until the API answers; what it refuses is thrown. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (isRefusal(error) || performance.now() > giveUpAt) throw error;
        await sleep(200);
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof S3ControlServiceException &&
    (error.$metadata.httpStatusCode ?? 500) < 500 &&
    error.$metadata.httpStatusCode !== 429
  );
}

/** The job is not in a status for it, any more. */
function refused(error: unknown): undefined {
  if (isRefusal(error)) return undefined;
  throw error;
}
