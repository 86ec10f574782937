/**
 * The sandbox: an embedded S3-compatible store for first steps, tests and demonstrations.
 *
 * I1. What was answered is there after kill -9 of the process (not after a power failure, see
 *     storage/schema.ts).
 * I2. What it does not support is answered with 501 NotImplemented and its name.
 * I3. It listens on the loopback interface unless told otherwise.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../src/base/clock.ts';
import { type Random, systemRandom } from '../src/base/random.ts';
import { createSandboxServer, type SandboxCredential } from './server.ts';
import { Storage } from './storage/storage.ts';

export { canonicalUserId } from './acl.ts';
export type { SandboxCredential } from './server.ts';

export interface SandboxOptions {
  /** Made when it does not exist; used by one sandbox at a time. */
  readonly dataDir: string;
  /** 0: any free one. */
  readonly port: number;
  /** Default: the loopback interface. */
  readonly host?: string;
  readonly credentials: readonly SandboxCredential[];
  /** Of buckets that name no other; requests may be signed for any region. */
  readonly region: string;
  /** From RestoreObject to when the copy is there, by `clock`; default ten seconds. */
  readonly restoreDelayMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told of errors that were answered as InternalError. */
  readonly onBug?: (error: unknown) => void;
}

export interface RunningSandbox {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Ends what is under way, for at most two seconds, and releases the data folder. */
  close(): Promise<void>;
}

const CLOSE_MS_MAX = 2000;
/** S3 takes minutes to days. */
const RESTORE_DELAY_MS = 10_000;

export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const { dataDir, region, credentials, host = '127.0.0.1' } = options;
  const { restoreDelayMs = RESTORE_DELAY_MS } = options;
  const { clock = systemClock, random = systemRandom, onBug = () => undefined } = options;
  const storage = new Storage(dataDir, random);
  const { http: server, idle } = createSandboxServer(
    { storage, clock, random, region, restoreDelayMs },
    credentials,
    onBug,
  );
  try {
    server.listen(options.port, host);
    await once(server, 'listening');
  } catch (error) {
    storage.close();
    throw error;
  }
  // True because a server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    const waited = new AbortController();
    await Promise.race([closed, clock.sleep(CLOSE_MS_MAX, waited.signal)]);
    waited.abort();
    server.closeAllConnections();
    await closed;
    await idle();
    storage.close();
  };
  return { url: `http://${host}:${port}`, port, close: () => (closing ??= close()) };
}
