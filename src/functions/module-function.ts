/**
 * A module's handler in a small pool of threads.
 *
 * I1. A thread runs one call at a time, as a Lambda environment does; more calls wait in line. The
 *     line is as long as the engine has tasks in flight, so it is bounded there.
 * I2. A function that takes too long, needs too much memory or ends its thread fails its own call
 *     only; the thread is replaced when the next call needs one.
 */
import type { Clock } from '../base/clock.ts';
import { FunctionThread, type FunctionError, type ThreadAnswer } from './function-thread.ts';
import { ANSWER_BYTES_MAX, type Invoked, type Invoker, type Registration } from './functions.ts';

export type ModuleRegistration = Extract<Registration, { kind: 'module' }>;

/** A module may import much, on a machine that is busy. */
const LOAD_MS = 60_000;

export interface ModuleFunctionOptions {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

export class ModuleFunction implements Invoker {
  readonly #registration: ModuleRegistration;
  readonly #options: ModuleFunctionOptions;
  readonly #threads = new Set<FunctionThread>();
  readonly #idle: FunctionThread[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #isClosed = false;

  constructor(registration: ModuleRegistration, options: ModuleFunctionOptions) {
    this.#registration = registration;
    this.#options = options;
  }

  /** Loads the module once; why it cannot be, or undefined. */
  async problem(): Promise<string | undefined> {
    await this.#enter();
    try {
      const thread = this.#startThread();
      const loaded = await this.#within(LOAD_MS, thread, thread.ready);
      if (loaded.ok) this.#keep(thread);
      else await thread.kill(loaded.error);
      return loaded.ok ? undefined : loaded.error.errorMessage;
    } finally {
      this.#leave();
    }
  }

  async invoke(payload: string): Promise<Invoked> {
    await this.#enter();
    try {
      return invokedBy(await this.#call(payload));
    } finally {
      this.#leave();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const error = { errorMessage: 'The service stopped', errorType: 'Runtime.Stopped' };
    await Promise.all([...this.#threads].map((thread) => thread.kill(error)));
  }

  async #call(payload: string): Promise<ThreadAnswer> {
    const thread = this.#takeThread();
    const loaded = await this.#within(LOAD_MS, thread, thread.ready);
    if (!loaded.ok) {
      await thread.kill(loaded.error);
      return loaded;
    }
    const answer = await this.#within(this.#registration.timeoutMs, thread, thread.call(payload));
    this.#keep(thread);
    return answer;
  }

  /** The thread's answer, or its death at the time limit. */
  async #within(
    timeoutMs: number,
    thread: FunctionThread,
    answer: Promise<ThreadAnswer>,
  ): Promise<ThreadAnswer> {
    const done = new AbortController();
    void this.#options.clock.sleep(timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) void thread.kill(timedOut(timeoutMs));
    });
    try {
      return await answer;
    } finally {
      done.abort();
    }
  }

  #takeThread(): FunctionThread {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.isDead) return idle;
    return this.#startThread();
  }

  #startThread(): FunctionThread {
    const { path, timeoutMs, memoryMb } = this.#registration;
    const { name, environment } = this.#options;
    const thread = new FunctionThread({ name, path, timeoutMs, memoryMb, environment });
    this.#threads.add(thread);
    return thread;
  }

  /** A thread may also die after its last answer. */
  #keep(thread: FunctionThread): void {
    for (const one of this.#threads) if (one.isDead) this.#threads.delete(one);
    if (!thread.isDead && !this.#isClosed) this.#idle.push(thread);
  }

  async #enter(): Promise<void> {
    if (this.#busy < this.#registration.threads) this.#busy += 1;
    // Whoever leaves hands its place on, so `busy` stays as it is.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy -= 1;
  }
}

/** Lambda's words. */
function timedOut(ms: number): FunctionError {
  const errorMessage = `Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
  return { errorMessage, errorType: 'Sandbox.Timedout' };
}

function invokedBy(answer: ThreadAnswer): Invoked {
  if (!answer.ok) return { kind: 'function-error', error: JSON.stringify(answer.error) };
  const payload = Buffer.from(answer.payload, 'utf8');
  if (payload.length <= ANSWER_BYTES_MAX) return { kind: 'answered', payload };
  const errorMessage = `The function's answer is larger than ${ANSWER_BYTES_MAX} bytes`;
  const errorType = 'Function.ResponseSizeTooLarge';
  return { kind: 'function-error', error: JSON.stringify({ errorMessage, errorType }) };
}
