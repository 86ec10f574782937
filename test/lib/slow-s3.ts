/**
 * A stub of an S3 endpoint that keeps a diary: which request arrived when, on the clock of this
 * process. It checks no signature, knows no buckets, and answers tasks as slowly and as badly as a
 * test wants; manifests and reports it simply keeps.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Arrival {
  /** `performance.now()` of this process when the request's head was there. */
  readonly at: number;
  readonly method: string;
  readonly bucket: string;
  /** Decoded; '' for requests about the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** `reset` breaks the connection off; `default` is a success after `delayMs`. */
export type Reply =
  | 'default'
  | 'reset'
  | { readonly status: number; readonly code: string; readonly message?: string };

export interface SlowS3 {
  readonly url: string;
  /** Requests of tasks (anything about `?tagging`), in the order of their arrival. */
  readonly tasks: readonly Arrival[];
  /** Task requests that have not been answered yet. */
  readonly waiting: readonly Arrival[];
  /** How long every task takes. */
  delayMs: number;
  /** What a task is answered. */
  reply: (arrival: Arrival) => Reply;
  /** Asked before every other request is answered, such as those of manifests and reports. */
  gate: (arrival: Arrival) => Promise<Reply>;
  close(): Promise<void>;
}

const REGION_OF_ALL = 'us-east-1';

export async function startSlowS3(): Promise<SlowS3> {
  const objects = new Map<string, Buffer>();
  const tasks: Arrival[] = [];
  const waiting = new Set<Arrival>();
  const closing = new AbortController();

  const server = createServer((request, response) => {
    const arrival = arrivalOf(request);
    const isTask = arrival.query.has('tagging');
    if (isTask) {
      tasks.push(arrival);
      waiting.add(arrival);
      response.once('close', () => waiting.delete(arrival));
    }
    answer(arrival, isTask, request, response).catch(() => response.destroy());
  });

  const answer = async (
    arrival: Arrival,
    isTask: boolean,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const reply = isTask ? stub.reply(arrival) : await stub.gate(arrival);
    if (isTask) await sleep(stub.delayMs, undefined, { signal: closing.signal });
    if (reply === 'reset') response.destroy();
    else if (reply !== 'default') refuse(response, reply);
    else if (isTask) response.end();
    else serve(objects, arrival, request, body, response);
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const stub: SlowS3 = {
    url: `http://127.0.0.1:${port}`,
    tasks,
    get waiting() {
      return [...waiting];
    },
    delayMs: 0,
    reply: () => 'default',
    gate: () => Promise.resolve('default'),
    async close() {
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return stub;
}

function arrivalOf(request: IncomingMessage): Arrival {
  const at = performance.now();
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const [, bucket = '', ...key] = path.split('/');
  const method = request.method ?? '';
  return {
    at,
    method,
    bucket,
    key: decodeURIComponent(key.join('/')),
    query: new URLSearchParams(query),
  };
}

function serve(
  objects: Map<string, Buffer>,
  { method, bucket, key, query }: Arrival,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const path = `${bucket}/${key}`;
  if (query.has('list-type')) return list(objects, bucket, query.get('prefix') ?? '', response);
  if (query.has('uploads')) {
    response.end('<ListMultipartUploadsResult></ListMultipartUploadsResult>');
    return;
  }
  if (method === 'PUT') {
    if (key !== '') objects.set(path, body);
    response.writeHead(200, { etag: etagOf(body) }).end();
    return;
  }
  if (key === '') {
    response.end();
    return;
  }
  const object = objects.get(path);
  if (!object) return refuse(response, { status: 404, code: 'NoSuchKey' });
  const etag = etagOf(object);
  if ((request.headers['if-match'] ?? etag) !== etag) {
    return refuse(response, { status: 412, code: 'PreconditionFailed' });
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Number(range[2]) + 1 : object.length;
  if (range && start >= object.length) {
    return refuse(response, { status: 416, code: 'InvalidRange' });
  }
  response.writeHead(range ? 206 : 200, { etag });
  response.end(method === 'HEAD' ? undefined : object.subarray(start, end));
}

function list(
  objects: ReadonlyMap<string, Buffer>,
  bucket: string,
  prefix: string,
  response: ServerResponse,
): void {
  const keys = [...objects.keys()]
    .filter((path) => path.startsWith(`${bucket}/${prefix}`))
    .map((path) => `<Contents><Key>${path.slice(bucket.length + 1)}</Key></Contents>`);
  response.end(
    `<ListBucketResult><Name>${bucket}</Name><IsTruncated>false</IsTruncated>${keys.join('')}</ListBucketResult>`,
  );
}

function refuse(response: ServerResponse, reply: Exclude<Reply, string>): void {
  const { status, code, message = `The stub says ${code}.` } = reply;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'x-amz-bucket-region': REGION_OF_ALL,
  });
  response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
