/**
 * A program of its own, so that its CPU time and memory are nobody else's:
 *
 *   node bench/lib/contestant.ts undici|wire|sdk tagging|copy <url> <rows>
 *
 * does the work on `rows` objects, 64 requests in flight, and prints what it took as JSON.
 */
import { Pool, type Dispatcher } from 'undici';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3 } from '../../src/s3/index.ts';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import type { Measured } from './measured.ts';
import { rssPeakMb } from './processes.ts';
import {
  BUCKET,
  CREDENTIALS,
  IN_FLIGHT,
  isWork,
  keyOf,
  REGION,
  REQUEST_OF,
  TAG,
  TARGET_BUCKET,
  type Work,
} from './work.ts';

type DoTask = (key: string) => Promise<void>;

/** Resolves when the answer is whole; the body is not looked at. */
class Bare implements Dispatcher.DispatchHandler {
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  #status = 0;

  constructor(resolve: () => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    if (this.#status === 200) this.#resolve();
    else this.#reject(new Error(`HTTP ${this.#status}`));
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#reject(error);
  }
}

/** The least that sends the same request over our own client: what a job adds stands out against it. */
function wireClient(url: string, work: Work): DoTask {
  const s3 = createS3({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    connections: IN_FLIGHT,
    clock: systemClock,
    random: systemRandom,
  });
  const requestOf = REQUEST_OF[work];
  const { body } = requestOf('');
  const hashed = body === undefined ? {} : { bodySha256: sha256Hex(body) };
  return async (key) => {
    const { status, failure } = await s3.send({ ...requestOf(key), key, ...hashed });
    if (status !== 200) throw new Error(failure ?? `HTTP ${status}`);
  };
}

/** The least that sends a correctly signed request with undici and our signer. */
function undiciClient(url: string, work: Work): DoTask {
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  const signer = createSigner({ ...CREDENTIALS, region: REGION, service: 's3' });
  const { host } = new URL(url);
  const requestOf = REQUEST_OF[work];
  const { body = null, query = {} } = requestOf('');
  const payloadHash = sha256Hex(body ?? '');
  const search = Object.entries(query)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const tail = search === '' ? '' : `?${search}`;
  return (key) =>
    new Promise((resolve, reject) => {
      const { method, bucket, headers: given } = requestOf(key);
      const path = `/${bucket}/${key}`;
      const headers = { host, ...given };
      const request = { method, path, query: search, headers, payloadHash };
      const signed = signer.sign(request, Date.now());
      pool.dispatch(
        { method, path: path + tail, headers: Object.assign(headers, signed), body },
        new Bare(resolve, reject),
      );
    });
}

async function sdkClient(url: string, work: Work): Promise<DoTask> {
  // Loaded here, so that it does not count as memory of the bare loop.
  const { CopyObjectCommand, PutObjectTaggingCommand, S3Client } =
    await import('@aws-sdk/client-s3');
  const agent = { keepAlive: true, maxSockets: IN_FLIGHT };
  const client = new S3Client({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  });
  const send: Readonly<Record<Work, (Key: string) => Promise<unknown>>> = {
    tagging: (Key) =>
      client.send(new PutObjectTaggingCommand({ Bucket: BUCKET, Key, Tagging: { TagSet: [TAG] } })),
    copy: (Key) =>
      client.send(
        new CopyObjectCommand({ Bucket: TARGET_BUCKET, Key, CopySource: `${BUCKET}/${Key}` }),
      ),
  };
  return async (key) => void (await send[work](key));
}

async function doAll(doTask: DoTask, rows: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let row = next++; row < rows; row = next++) await doTask(keyOf(row));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

const [kind = '', work = '', url = '', count = ''] = process.argv.slice(2);
const rows = Number(count);
const CLIENTS: Readonly<Record<string, (url: string, work: Work) => DoTask | Promise<DoTask>>> = {
  undici: undiciClient,
  wire: wireClient,
  sdk: sdkClient,
};
const client = CLIENTS[kind];
if (client === undefined || !isWork(work)) throw new Error(`Nobody is called ${kind} ${work}.`);
const doTask = await client(url, work);
const cpuBefore = process.cpuUsage();
const began = performance.now();
await doAll(doTask, rows);
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
const measured: Measured = {
  rows,
  wallMs,
  cpuMs: (user + system) / 1000,
  rssPeakMb: rssPeakMb('self'),
};
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
