/**
 * The real service as a process of its own, for tests that must be able to kill it.
 *
 * I1. No process outlives the test that started it: the service ends itself when the pipe to its
 *     parent breaks, however the parent died; its folder goes with it.
 * I2. `restart` comes back on the same folder and the same ports.
 * I3. Nothing of the caller's own AWS or Brigade settings gets in.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../../src/server/supervisor.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
const BRIGADE = join(REPOSITORY, 'bin/brigade.js');
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 20_000;

/** Runs inside the service, before it (I1). The pipe is no reason for it to stay alive. */
const GUARD = `data:text/javascript,${encodeURIComponent(`
  import { rmSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) {
    process.stdin.on('close', () => {
      // The sandbox's thread may add files while they are being removed.
      try {
        rmSync(process.env.BRIGADE_DATA_DIR, { recursive: true, force: true, maxRetries: 10 });
      } finally {
        process.kill(process.pid, 'SIGKILL');
      }
    });
    process.stdin.resume().unref();
  }
`)}`;

export interface ServiceOptions {
  /** BRIGADE_* settings; without BRIGADE_S3_ENDPOINT the service brings its sandbox. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestService {
  /** The S3 Control API. */
  readonly url: string;
  /** Where the objects are: the sandbox, or BRIGADE_S3_ENDPOINT. */
  readonly s3Url: string;
  readonly account: string;
  /** Of the API and of the sandbox. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The data folder. */
  readonly folder: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Kills the process where it stands, its threads included; resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts again, after a SIGTERM if it still runs. */
  restart(): Promise<void>;
  /** SIGTERM, then the folder is removed. Rejects when the process does not end as it should. */
  stop(): Promise<void>;
  /** What all processes so far have printed. */
  logs(): string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export async function startService({ env = {} }: ServiceOptions = {}): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-test-'));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const credentials = { accessKeyId: 'TESTROOT', secretAccessKey: 'the-secret-of-tests' };
  const scheme = env['BRIGADE_TLS_CERT'] === undefined ? 'http' : 'https';
  const url = `${scheme}://127.0.0.1:${port}`;
  const settings: NodeJS.ProcessEnv = {
    ...withoutSettings(process.env),
    BRIGADE_DATA_DIR: folder,
    BRIGADE_PORT: String(port),
    BRIGADE_SANDBOX_PORT: String(sandboxPort),
    BRIGADE_ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
    BRIGADE_ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    BRIGADE_LOG_LEVEL: 'warn',
    ...env,
  };
  let printed = '';
  let child: Child | undefined;

  const start = async (): Promise<void> => {
    const started = spawn(NODE, [...NODE_FLAGS, '--import', GUARD, BRIGADE, 'serve'], {
      cwd: folder,
      env: settings,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = started;
    // The pipe breaks when the service is killed; that is not an error of the test.
    started.stdin.on('error', () => undefined);
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    }
    try {
      await answering(url, started);
    } catch (error) {
      await end(started, 'SIGKILL');
      throw new Error(`The service did not start:\n${printed}`, { cause: error });
    }
  };

  const terminate = async (): Promise<void> => {
    if (!child || !isRunning(child)) return;
    const [code, signal] = await end(child, 'SIGTERM');
    if (code === 0) return;
    throw new Error(`After SIGTERM the service ended with ${signal ?? code}:\n${printed}`);
  };

  try {
    await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url,
    s3Url: settings['BRIGADE_S3_ENDPOINT'] ?? `http://127.0.0.1:${sandboxPort}`,
    account: settings['BRIGADE_ACCOUNT_ID'] ?? '123456789012',
    credentials,
    folder,
    get pid() {
      return child?.pid ?? 0;
    },
    async kill9() {
      if (child) await end(child, 'SIGKILL');
    },
    async restart() {
      await terminate();
      await start();
    },
    async stop() {
      try {
        await terminate();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    logs: () => printed,
  };
}

async function answering(url: string, child: Child): Promise<void> {
  const giveUp = AbortSignal.timeout(START_MS_MAX);
  for (;;) {
    if (!isRunning(child)) throw new Error('It ended.');
    try {
      if (await isHealthy(`${url}/health`, giveUp)) return;
    } catch (error) {
      if (giveUp.aborted) throw error;
    }
    await sleep(20);
  }
}

/** Over TLS any certificate is good: that it answers is all that is asked. */
function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? https.get : http.get;
    const options = { signal, agent: false, rejectUnauthorized: false } as const;
    get(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', reject);
  });
}

/** Resolves to exit code and signal; a process that ignores the signal is killed after a while. */
async function end(
  child: Child,
  signal: NodeJS.Signals,
): Promise<readonly [number | null, string | null]> {
  if (isRunning(child)) {
    const exited = once(child, 'close');
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(patience);
  }
  return [child.exitCode, child.signalCode];
}

function isRunning(child: Child): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(BRIGADE|AWS)_/.test(name)));
}

/**
 * Below the ports that systems hand out to outgoing connections (from 32768, or 49152), one of
 * which could otherwise sit on the port when the service comes back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
}
