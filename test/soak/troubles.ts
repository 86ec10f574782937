/**
 * What a soak does to the processes: they are shot, frozen, sent home; the database and the store go
 * away and come back. One trouble at a time begins, but a frozen worker stays frozen while the others
 * suffer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/base/random.ts';
import type { TestPostgres } from '../lib/postgres.ts';
import type { TestService } from '../lib/service.ts';
import { startWorker, type TestWorker } from '../lib/worker-process.ts';
import { WEATHERS, type FaultyS3 } from './faulty-s3.ts';

export interface Scene {
  readonly random: Random;
  readonly postgres: TestPostgres;
  readonly service: TestService;
  readonly s3: FaultyS3;
  /** Of a worker process. */
  readonly workerEnv: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

const WORKERS = 4;
const STARTS_MAX = 3;
/** Longer than a lease of three seconds. */
const FREEZE_MS = [4000, 5000] as const;
const AWAY_MS = [200, 4000] as const;
const OUTAGE_MS = [1000, 6000] as const;

const TROUBLES = [
  'kill -9 of a worker',
  'kill -9 of the API',
  'SIGSTOP of a worker',
  'SIGTERM of a worker',
  'database restart',
  's3 outage',
  's3 outage',
] as const;

export class Troubles {
  /** How often which. */
  readonly counts = new Map<string, number>();
  readonly #scene: Scene;
  #workers: TestWorker[] = [];
  readonly #frozen = new Map<TestWorker, Promise<void>>();
  readonly #logs: string[] = [];
  #names = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** As many workers as there should be. */
  async man(): Promise<void> {
    while (this.#workers.length < WORKERS) {
      this.#names += 1;
      this.#workers.push(await startWorker(`soak-${this.#names}`, this.#scene.workerEnv));
    }
  }

  async strike(): Promise<void> {
    const { random, say } = this.#scene;
    const trouble = TROUBLES[Math.floor(random.next() * TROUBLES.length)] ?? 's3 outage';
    const name = await this.#suffer(trouble);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    say(name);
    await this.man();
  }

  /** Everybody thaws; resolves when all are at work. */
  async heal(): Promise<void> {
    this.#scene.s3.weather = 'fine';
    await Promise.all(this.#frozen.values());
    await this.man();
  }

  /** Lines that a process logged as an error: what it did not expect. */
  get errors(): readonly string[] {
    const logs = [...this.#logs, ...this.#workers.map((one) => one.logs())];
    return [...logs, this.#scene.service.logs()].flatMap(
      (log) => log.match(/^.*"level":[56]0,.*$/gm) ?? [],
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#frozen.values());
    for (const worker of this.#workers.splice(0)) await worker.stop();
  }

  /** Whoever is still there, frozen or not; for an end in the middle. */
  shoot(): void {
    for (const { pid } of this.#workers) process.kill(pid, 'SIGKILL');
  }

  /** Resolves, when it is over, to what it was. */
  async #suffer(trouble: (typeof TROUBLES)[number]): Promise<string> {
    const { service, postgres, random } = this.#scene;
    switch (trouble) {
      case 'kill -9 of a worker':
        await this.#kill();
        return trouble;
      case 'SIGTERM of a worker':
        await this.#take()?.stop();
        return trouble;
      case 'SIGSTOP of a worker':
        this.#freeze();
        return trouble;
      case 'kill -9 of the API':
        await service.kill9();
        await sleep(this.#between(AWAY_MS));
        await this.#restart();
        return trouble;
      case 'database restart': {
        const how =
          (['fast', 'immediate', 'kill'] as const)[Math.floor(random.next() * 3)] ?? 'fast';
        await postgres.down(how);
        await sleep(this.#between(AWAY_MS));
        await postgres.up();
        return `${trouble} (${how})`;
      }
      case 's3 outage':
        return this.#storm();
    }
  }

  /** A machine with much else to do may need longer than a start is given. */
  async #restart(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#scene.service.restart();
      } catch (error) {
        if (attempt === STARTS_MAX) throw error;
        this.#scene.say(`the API did not come back, attempt ${attempt}`);
      }
    }
  }

  async #storm(): Promise<string> {
    const { random, s3 } = this.#scene;
    const weather = WEATHERS[Math.floor(random.next() * WEATHERS.length)] ?? 'busy';
    s3.weather = weather;
    await sleep(this.#between(OUTAGE_MS));
    const withKill = random.next() < 0.3;
    if (withKill) await this.#kill();
    s3.weather = 'fine';
    return withKill ? `s3 ${weather}, and kill -9 of a worker in it` : `s3 ${weather}`;
  }

  async #kill(): Promise<void> {
    await this.#take()?.kill9();
  }

  /** One that is not frozen, and no longer ours. */
  #take(): TestWorker | undefined {
    const free = this.#workers.filter((worker) => !this.#frozen.has(worker));
    const worker = free[Math.floor(this.#scene.random.next() * free.length)];
    if (!worker) return undefined;
    this.#workers = this.#workers.filter((one) => one !== worker);
    const { logs } = worker;
    this.#logs.push(logs());
    return worker;
  }

  #freeze(): void {
    const free = this.#workers.filter((worker) => !this.#frozen.has(worker));
    const worker = free[Math.floor(this.#scene.random.next() * free.length)];
    if (!worker) return;
    process.kill(worker.pid, 'SIGSTOP');
    const thaw = sleep(this.#between(FREEZE_MS)).then(() => {
      process.kill(worker.pid, 'SIGCONT');
      this.#frozen.delete(worker);
    });
    this.#frozen.set(worker, thaw);
  }

  #between([least, more]: readonly [number, number]): number {
    return least + this.#scene.random.next() * more;
  }
}
