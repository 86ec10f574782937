/** A service whose store is the slow stub: for tests that must know which request was sent when. */
import assert from 'node:assert/strict';
import { type Arrival, type SlowS3, startSlowS3 } from '../lib/slow-s3.ts';
import { onStore } from './on-store.ts';
import {
  assertReports,
  type JobDescriptor,
  type JobOptions,
  manifestTasks,
  World,
} from './world.ts';

export const BUCKET = 'stub-bucket';

export interface TextJob {
  readonly id: string;
  /** The manifest. */
  readonly text: string;
  readonly prefix: string;
}

export class StubWorld {
  readonly world: World;
  readonly stub: SlowS3;

  constructor(world: World, stub: SlowS3) {
    this.world = world;
    this.stub = stub;
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<StubWorld> {
    const stub = await startSlowS3();
    try {
      const store = onStore({ endpoint: stub.url, accessKeyId: 'stub', secretAccessKey: 'stub' });
      const world = await World.open({ ...store, env: { ...store.env, ...env } });
      return new StubWorld(world, stub);
    } catch (error) {
      await stub.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.world.close();
    } finally {
      await this.stub.close();
    }
  }

  /** Creates a job of `rows` tasks, whose keys all begin with a prefix of their own. */
  async job(rows: number, options: Partial<JobOptions> = {}): Promise<TextJob> {
    const prefix = `${this.world.name('job')}/`;
    const lines = Array.from({ length: rows }, (_, index) => `${BUCKET},${prefix}${index}\n`);
    const text = lines.join('');
    const manifest = await this.world.manifest(BUCKET, text);
    const report = { bucket: BUCKET, prefix: 'reports' };
    const id = await this.world.createJob({ manifest, report, ...options });
    return { id, text, prefix };
  }

  /** Requests of this job's tasks, in the order of their arrival. */
  seen({ prefix }: TextJob): readonly Arrival[] {
    return this.stub.tasks.filter(({ key }) => key.startsWith(prefix));
  }

  /** Resolves when the stub has seen at least so many requests of the job. */
  async until(job: TextJob, requests: number): Promise<void> {
    await this.world.until(job.id, () => this.seen(job).length >= requests);
  }

  /**
   * The report tells of exactly the tasks for which the stub saw a request, each once, and the
   * counters are its numbers. Resolves to how many they were.
   */
  async assertReportsWhatRan(job: TextJob, ended: JobDescriptor): Promise<number> {
    const keys = new Set(this.seen(job).map(({ key }) => key));
    const rows = await this.world.report(ended);
    assertReports(
      rows,
      manifestTasks(job.text).filter(({ key }) => keys.has(key)),
    );
    const { NumberOfTasksSucceeded: succeeded, NumberOfTasksFailed: failed } =
      ended.ProgressSummary ?? {};
    const failedRows = rows.filter(({ status }) => status === 'failed').length;
    assert.deepEqual([succeeded, failed], [rows.length - failedRows, failedRows]);
    return rows.length;
  }

  /** No task was tried twice. */
  assertOnce(job: TextJob): void {
    const keys = this.seen(job).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length, 'a task was requested twice');
  }
}
