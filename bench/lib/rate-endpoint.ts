/**
 * An endpoint with limits, in a process of its own: `node rate-endpoint.ts <port>`. It admits so many
 * requests per second and answers SlowDown above, or serves so few at once that the others wait. Every
 * PUT is a task; the manifest `<prefix>-<rows>.csv` has keys below `<prefix>/`.
 *
 *   GET /__limits?perSecond=R&servers=N&serviceMs=T   sets the limits; one that is left out is none
 *   GET /__counts                                     Counts, as JSON
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { median } from './figures.ts';
import { answerTo } from './endpoint-nginx.ts';
import { BUCKET } from './work.ts';

/** What the endpoint has seen since it began. */
export interface Counts {
  /** On its own clock. */
  readonly atMs: number;
  readonly admitted: number;
  readonly refused: number;
  /** Admitted, by the first segment of the key. */
  readonly byPrefix: Readonly<Record<string, number>>;
  /** From a request to its answer, since the last time somebody asked; NaN is null in JSON. */
  readonly latencyMsMedian: number | null;
}

/** Full, it admits so much at once. */
const BURST_MS = 100;

/** Tokens that come as time goes by. */
export class Bucket {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#most = Math.max(1, this.#perMs * BURST_MS);
    this.#tokens = this.#most;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Serves `servers` at once, each for `serviceMs`; the others wait in line. */
class Servers {
  readonly #servers: number;
  readonly #serviceMs: number;
  readonly #line: (() => void)[] = [];
  #busy = 0;

  constructor(servers: number, serviceMs: number) {
    this.#servers = servers;
    this.#serviceMs = serviceMs;
  }

  serve(done: () => void): void {
    if (this.#busy === this.#servers) return void this.#line.push(done);
    this.#busy += 1;
    setTimeout(() => {
      this.#busy -= 1;
      done();
      const next = this.#line.shift();
      if (next) this.serve(next);
    }, this.#serviceMs);
  }
}

const SLOW_DOWN =
  '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';

class Endpoint {
  #bucket: Bucket | undefined;
  #servers: Servers | undefined;
  #admitted = 0;
  #refused = 0;
  readonly #byPrefix: Record<string, number> = {};
  #latencies: number[] = [];

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://endpoint');
    const [, first = '', second = ''] = url.pathname.split('/');
    if (first === '__limits') return void response.end(this.#limit(url.searchParams));
    if (first === '__counts') return void response.end(JSON.stringify(this.#counts()));
    if (request.method === 'PUT' && url.searchParams.has('tagging')) {
      return this.#task(second, response);
    }
    const [, prefix, rows] = /^(\w+)-(\d+)\.csv$/.exec(second) ?? [];
    if (request.method === 'GET' && prefix !== undefined) {
      return sendManifest(prefix, Number(rows), request, response);
    }
    response.setHeader('etag', '"e"').end(answerTo(`${request.method}:${url.search.slice(1)}:`));
  }

  #limit(given: URLSearchParams): string {
    const value = (name: string): number => Number(given.get(name));
    const perSecond = value('perSecond');
    this.#bucket = perSecond > 0 ? new Bucket(perSecond, performance.now()) : undefined;
    const servers = value('servers');
    this.#servers = servers > 0 ? new Servers(servers, value('serviceMs')) : undefined;
    return '';
  }

  #counts(): Counts {
    const latencies = this.#latencies;
    this.#latencies = [];
    return {
      atMs: performance.now(),
      admitted: this.#admitted,
      refused: this.#refused,
      byPrefix: this.#byPrefix,
      latencyMsMedian: latencies.length > 0 ? median(latencies) : null,
    };
  }

  #task(prefix: string, response: ServerResponse): void {
    const began = performance.now();
    if (this.#bucket?.take(began) === false) {
      this.#refused += 1;
      return void response.writeHead(503).end(SLOW_DOWN);
    }
    this.#admitted += 1;
    this.#byPrefix[prefix] = (this.#byPrefix[prefix] ?? 0) + 1;
    const done = (): void => {
      this.#latencies.push(performance.now() - began);
      response.end();
    };
    if (this.#servers) this.#servers.serve(done);
    else done();
  }
}

function sendManifest(
  prefix: string,
  rows: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const rowOf = (row: number): string => `${BUCKET},${prefix}/${String(row).padStart(9, '0')}\n`;
  const width = rowOf(0).length;
  const [, from = '0', to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from);
  const end = Math.min(to ? Number(to) + 1 : Infinity, rows * width);
  if (start >= rows * width) return void response.writeHead(416).end();
  const first = Math.floor(start / width);
  const lines = Array.from({ length: Math.ceil(end / width) - first }, (_, i) => rowOf(first + i));
  const bytes = Buffer.from(lines.join('')).subarray(start - first * width, end - first * width);
  response.writeHead(request.headers.range === undefined ? 200 : 206, { etag: '"e"' }).end(bytes);
}

if (import.meta.main) {
  const endpoint = new Endpoint();
  const server = createServer((request, response) => {
    request.resume().on('end', () => endpoint.answer(request, response));
  });
  server.keepAliveTimeout = 600_000;
  server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));
  process.stdin.on('end', () => process.exit(0)).resume();
}
