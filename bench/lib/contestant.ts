/**
 * A program of its own, so that its CPU time and memory are nobody else's:
 *
 *   node bench/lib/contestant.ts undici|wire|sdk <url> <rows>
 *
 * puts tags on `rows` objects, 64 requests in flight, and prints what it took as JSON.
 */
import { createHash } from 'node:crypto';
import { Pool, type Dispatcher } from 'undici';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3 } from '../../src/s3/index.ts';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { BUCKET } from './endpoint.ts';
import type { Measured } from './measured.ts';
import { CREDENTIALS, IN_FLIGHT, keyOf, REGION, TAG } from './work.ts';

const TAGGING = `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>${TAG.Key}</Key><Value>${TAG.Value}</Value></Tag></TagSet></Tagging>`;
const md5Of = (body: Buffer): string => createHash('md5').update(body).digest('base64');

type PutTags = (key: string) => Promise<void>;

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
function wireClient(url: string): PutTags {
  const s3 = createS3({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    connections: IN_FLIGHT,
    clock: systemClock,
    random: systemRandom,
  });
  const body = Buffer.from(TAGGING);
  const headers = { 'content-md5': md5Of(body), 'content-type': 'application/xml' };
  const shared = { method: 'PUT', bucket: BUCKET, query: { tagging: '' }, headers, body } as const;
  const bodySha256 = sha256Hex(body);
  return async (key) => {
    const { status, failure } = await s3.send({ ...shared, key, bodySha256 });
    if (status !== 200) throw new Error(failure ?? `HTTP ${status}`);
  };
}

/** The least that sends a correctly signed request with undici and our signer. */
function undiciClient(url: string): PutTags {
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  const signer = createSigner({ ...CREDENTIALS, region: REGION, service: 's3' });
  const { host } = new URL(url);
  const body = Buffer.from(TAGGING);
  const payloadHash = sha256Hex(body);
  const md5 = md5Of(body);
  return (key) =>
    new Promise((resolve, reject) => {
      const path = `/${BUCKET}/${key}`;
      const headers = { host, 'content-md5': md5, 'content-type': 'application/xml' };
      const request = { method: 'PUT', path, query: 'tagging=', headers, payloadHash } as const;
      const signed = signer.sign(request, Date.now());
      pool.dispatch(
        { method: 'PUT', path: `${path}?tagging=`, headers: Object.assign(headers, signed), body },
        new Bare(resolve, reject),
      );
    });
}

async function sdkClient(url: string): Promise<PutTags> {
  // Loaded here, so that it does not count as memory of the bare loop.
  const { PutObjectTaggingCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: IN_FLIGHT } },
  });
  return async (Key) => {
    await client.send(
      new PutObjectTaggingCommand({ Bucket: BUCKET, Key, Tagging: { TagSet: [TAG] } }),
    );
  };
}

async function putAll(put: PutTags, rows: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let row = next++; row < rows; row = next++) await put(keyOf(row));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

const [kind, url = '', count = ''] = process.argv.slice(2);
const rows = Number(count);
const CLIENTS: Readonly<Record<string, (url: string) => PutTags | Promise<PutTags>>> = {
  undici: undiciClient,
  wire: wireClient,
  sdk: sdkClient,
};
const put = await (CLIENTS[kind ?? ''] ?? undiciClient)(url);
const cpuBefore = process.cpuUsage();
const began = performance.now();
await putAll(put, rows);
const wallMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);
const rssPeakMb = process.resourceUsage().maxRSS / 1024;
const measured: Measured = { rows, wallMs, cpuMs: (user + system) / 1000, rssPeakMb };
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
