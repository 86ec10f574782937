/**
 * A Ceph Object Gateway of its own for a test: its daemons, a folder, free ports.
 *
 * I1. Several may run at once.
 * I2. `stop` stops only what was started here. When the test process dies, even by kill -9, the end
 *     of a pipe makes the script that holds the daemons stop them and remove the folder.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { S3Endpoint } from '../contract/s3-harness.ts';

export interface RgwOptions {
  /** AssumeRole; with it, wrong secrets and unknown keys answer AccessDenied. Default false. */
  readonly sts?: boolean;
  /** The shortest session that STS gives out. Default 900, as on AWS. */
  readonly sessionSecondsMin?: number;
  /** memstore starts in two seconds and takes 14 KB of memory per object. Default memstore. */
  readonly store?: 'memstore' | 'bluestore';
}

/** Between finding a free port and using it, somebody else may take it. */
const ATTEMPTS_MAX = 3;

const FIRST = { accessKeyId: 'RGWTESTACCESSKEY0001', secretAccessKey: 'rgw-test-secret-0001' };
const SECOND = { accessKeyId: 'RGWTESTACCESSKEY0002', secretAccessKey: 'rgw-test-secret-0002' };

export interface RunningRgw extends S3Endpoint {
  /** Holds all its state; gone after `stop`. */
  readonly dir: string;
}

export async function startRgw(options: RgwOptions = {}): Promise<RunningRgw> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !String(error).includes('in use')) throw error;
    }
  }
}

async function startOnce(options: RgwOptions): Promise<RunningRgw> {
  const { sts = false, sessionSecondsMin = 900, store = 'memstore' } = options;
  const dir = await mkdtemp(join(tmpdir(), 'brigade-rgw-'));
  const { port, monPort } = await freePorts();
  const holder = spawn('bash', [join(import.meta.dirname, 'rgw-up.sh'), '--hold'], {
    // A group of its own: who kills the tests' group leaves us to the end of the pipe (I2).
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      RGW_DIR: dir,
      RGW_PORT: String(port),
      RGW_MON_PORT: String(monPort),
      RGW_ACCESS: FIRST.accessKeyId,
      RGW_SECRET: FIRST.secretAccessKey,
      RGW_ACCESS2: SECOND.accessKeyId,
      RGW_SECRET2: SECOND.secretAccessKey,
      RGW_STS: String(sts),
      RGW_STS_SECONDS_MIN: String(sessionSecondsMin),
      RGW_STORE: store,
    },
  });
  const exited = once(holder, 'exit');
  let said = '';
  holder.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const isUp = await Promise.race([saysHolding(holder), exited.then(() => false)]);
  if (!isUp) {
    await rm(dir, { recursive: true, force: true });
    throw new Error(`Ceph RGW did not start: ${said}`);
  }
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    holder.stdin.end();
    const [code] = await exited;
    assert.equal(code, 0, said);
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    dir,
    ...FIRST,
    second: SECOND,
    // RGW's users have names, not numbers, and it ignores the header that this is for.
    accountId: 'test',
    stop: () => (stopping ??= stop()),
  };
}

async function saysHolding(holder: ChildProcess): Promise<boolean> {
  assert.ok(holder.stdout);
  let isHolding = false;
  for await (const line of createInterface({ input: holder.stdout })) {
    isHolding = line === 'HOLDING';
    if (isHolding) break;
  }
  return isHolding;
}

/** A port for the gateway, and one for the monitor that is free together with the one after it. */
async function freePorts(): Promise<{ port: number; monPort: number }> {
  for (;;) {
    const held: Server[] = [];
    try {
      const port = await hold(held, 0);
      const monPort = await hold(held, 0);
      await hold(held, monPort + 1);
      return { port, monPort };
    } catch (error) {
      // The port after the monitor's is taken, or beyond the last: look elsewhere.
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EADDRINUSE' && code !== 'ERR_SOCKET_BAD_PORT') throw error;
    } finally {
      for (const server of held) server.close();
    }
  }
}

async function hold(held: Server[], port: number): Promise<number> {
  const server = createServer();
  held.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
