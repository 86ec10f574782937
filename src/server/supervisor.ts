/**
 * Worker processes beside the API's, on one machine.
 *
 * I1. One that dies is started again, after a backoff that grows while it keeps dying; what it held is
 *     given back before.
 * I2. None outlives this process, however that ends: each leaves at once when its standard input
 *     closes, which the kernel does for us when we are killed. (One that is stopped with SIGSTOP
 *     leaves when it goes on; the fences keep what it then records out of the ledger.)
 * I3. `stop` lets each drain, and resolves when all are gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';

/**
 * What a row needs dies young: left alone, V8 doubles the space for it to 128 MB, which costs memory and
 * gains nothing; and so little survives that to share the work of collecting it costs more than the work.
 * As in `npm start` and deploy/Containerfile (bench/BENCHMARKS.md).
 */
export const NODE_FLAGS = ['--max-semi-space-size=16', '--no-parallel-scavenge'];
const BACKOFF = { baseMs: 200, capMs: 10_000 };
/** Who lived for so long did not die of how it was started. */
const SOUND_MS = 30_000;

export interface SupervisorNeeds {
  readonly names: readonly string[];
  /** What `node` is to run as `<program> worker`, and what it finds in its environment, beside its name. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Gives back what the worker of this name held; it is dead. */
  readonly bury: (name: string) => Promise<unknown>;
  /** What the worker of this name has counted since it was started. */
  readonly heard?: (name: string, values: Float64Array) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Tells a process its worker's name, and that its parent watches over it. */
export const SUPERVISED_AS = 'BRIGADE_SUPERVISED_AS';

interface Child {
  kill(signal: NodeJS.Signals): boolean;
}

export class Supervisor {
  readonly #needs: SupervisorNeeds;
  readonly #children = new Set<Child>();
  readonly #stopping = new AbortController();
  readonly #slots: readonly Promise<void>[];

  constructor(needs: SupervisorNeeds) {
    this.#needs = needs;
    this.#slots = needs.names.map((name) => this.#keepAlive(name));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.all(this.#slots);
  }

  async #keepAlive(name: string): Promise<void> {
    const { clock, random, log } = this.#needs;
    const { signal } = this.#stopping;
    for (let deaths = 0; !signal.aborted; deaths++) {
      const startedAt = clock.monotonic();
      const end = await this.#runOnce(name);
      if (!signal.aborted) {
        log.warn({ worker: name, end }, 'A worker has ended; it is started again.');
      }
      await this.#bury(name);
      if (clock.monotonic() - startedAt > SOUND_MS) deaths = 0;
      await clock.sleep(backoffMs(deaths, BACKOFF, random), signal);
    }
  }

  /** Resolves to how the process ended. */
  async #runOnce(name: string): Promise<string> {
    const { program, environment } = this.#needs;
    const child = spawn(process.execPath, [...NODE_FLAGS, program, 'worker'], {
      env: { ...environment, [SUPERVISED_AS]: name },
      // Nothing is ever written to its standard input: the pipe is there to break (I2).
      stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    child.on('message', (message) => {
      if (message instanceof Float64Array) this.#needs.heard?.(name, message);
    });
    child.stdin?.on('error', () => undefined);
    this.#children.add(child);
    try {
      // What it said last is read before it is taken for gone.
      await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
      return child.signalCode ?? `exit code ${child.exitCode}`;
    } catch (error) {
      return String(error); // It could not be started.
    } finally {
      this.#children.delete(child);
    }
  }

  /** With the store away its leases expire, later. */
  async #bury(name: string): Promise<void> {
    try {
      await this.#needs.bury(name);
    } catch (error) {
      this.#needs.log.warn(
        { error, worker: name },
        'What a dead worker held waits for its leases.',
      );
    }
  }
}
