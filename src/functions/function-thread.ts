/**
 * A worker thread that runs one function of a module, one call at a time: both of its ends.
 *
 * I1. Whatever the function does, `call` settles: with its answer, or with the death of the thread.
 * I2. A thread that is dead stays dead; whoever needs another starts one.
 *
 * It refuses nothing to the function, which is the operator's own code with the operator's rights.
 * The memory limit is V8's heap limit: what Buffers hold outside of it is not counted.
 */
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';

export interface ThreadOptions {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** The whole environment that the function sees. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lambda's words for how a function failed. */
export interface FunctionError {
  readonly errorMessage: string;
  readonly errorType: string;
}

export type ThreadAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };

const MARK = 'brigade function thread';

export class FunctionThread {
  /** Whether the module could be loaded; the answer's payload is empty. */
  readonly ready: Promise<ThreadAnswer>;
  readonly #worker: Worker;
  #isDead = false;
  #settle: ((answer: ThreadAnswer) => void) | undefined;
  #cause: FunctionError | undefined;

  constructor({ name, path, timeoutMs, memoryMb, environment }: ThreadOptions) {
    this.#worker = new Worker(new URL(import.meta.url), {
      name: `function ${name}`,
      workerData: { mark: MARK, name, path, timeoutMs, memoryMb },
      env: { ...environment },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    this.ready = new Promise((resolve) => (this.#settle = resolve));
    this.#worker.on('message', (message: unknown) => {
      // Posted by `serveCalls` below, unless the function posts messages of its own: those have no mark.
      const { mark, answer } = message as { mark?: unknown; answer: ThreadAnswer };
      if (mark === MARK) this.#end(answer);
    });
    this.#worker.on('error', (error) => (this.#cause = errorOf(error, memoryMb)));
    this.#worker.on('exit', (code) => {
      this.#isDead = true;
      this.#end({ ok: false, error: this.#cause ?? exitError(code) });
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** One call at a time, and after `ready`. */
  call(payload: string): Promise<ThreadAnswer> {
    return new Promise((resolve) => {
      if (this.#isDead) return resolve({ ok: false, error: this.#cause ?? exitError(0) });
      this.#settle = resolve;
      this.#worker.postMessage(payload);
    });
  }

  /** Ends the thread, in the middle of whatever it does; a call under way ends with `error`. */
  async kill(error: FunctionError): Promise<void> {
    this.#cause = error;
    await this.#worker.terminate();
  }

  #end(answer: ThreadAnswer): void {
    this.#settle?.(answer);
    this.#settle = undefined;
  }
}

function exitError(code: number): FunctionError {
  const errorMessage = `The function ended its process with exit code ${code} before it answered`;
  return { errorMessage, errorType: 'Runtime.ExitError' };
}

function errorOf(error: unknown, memoryMb: number): FunctionError {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const errorMessage = `The function needed more than its ${memoryMb} MB of memory`;
    return { errorMessage, errorType: 'Runtime.OutOfMemory' };
  }
  return thrown(error);
}

/** What a function threw may be anything. */
function thrown(error: unknown): FunctionError {
  if (error instanceof Error) return { errorMessage: error.message, errorType: error.name };
  return { errorMessage: String(error), errorType: typeof error };
}

interface ThreadData {
  readonly mark: typeof MARK;
  readonly name: string;
  readonly path: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

type Handler = (event: unknown, context: object) => unknown;

/** `handler` of an ES module, or of a CommonJS one. */
async function loadHandler(path: string): Promise<Handler> {
  const loaded: unknown = await import(pathToFileURL(path).href);
  const found = memberOf(loaded, 'handler') ?? memberOf(memberOf(loaded, 'default'), 'handler');
  if (typeof found !== 'function') throw new Error(`The module ${path} exports no handler`);
  // What a handler takes cannot be seen from outside; it is called as Lambda calls one.
  return found as Handler;
}

function memberOf(holder: unknown, name: string): unknown {
  const isHolder = (typeof holder === 'object' && holder !== null) || typeof holder === 'function';
  return isHolder ? new Map<string, unknown>(Object.entries(holder)).get(name) : undefined;
}

async function answered(answer: () => Promise<string>): Promise<ThreadAnswer> {
  try {
    return { ok: true, payload: await answer() };
  } catch (error) {
    return { ok: false, error: thrown(error) };
  }
}

async function serveCalls(data: ThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const reply = (answer: ThreadAnswer): void => port.postMessage({ mark: MARK, answer });
  let handler: Handler | undefined;
  const loaded = await answered(async () => {
    handler = await loadHandler(data.path);
    return '';
  });
  port.on('message', (payload: string) => {
    const endsAt = systemClock.monotonic() + data.timeoutMs;
    const context = {
      functionName: data.name,
      functionVersion: '$LATEST',
      memoryLimitInMB: String(data.memoryMb),
      getRemainingTimeInMillis: () => Math.max(0, endsAt - systemClock.monotonic()),
    };
    const call = async (): Promise<string> =>
      // A handler that returns nothing answers null, as in Lambda.
      JSON.stringify((await handler?.(JSON.parse(payload), context)) ?? null);
    void answered(call).then(reply);
  });
  reply(loaded);
}

if (!isMainThread && parentPort && memberOf(workerData, 'mark') === MARK) {
  // Handed over by the constructor above, as the mark shows.
  void serveCalls(workerData as ThreadData, parentPort);
}
