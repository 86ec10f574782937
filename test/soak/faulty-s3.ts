/**
 * Stands between Brigade and its store and makes weather: it refuses connections, breaks them, answers
 * 503, is slow, or carries a request out and loses the answer. It counts what reached the store, so
 * that one knows how often a task was really executed.
 */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const WEATHERS = ['busy', 'refuses', 'resets', 'loses', 'slow'] as const;
export type Weather = 'fine' | (typeof WEATHERS)[number];

/** Few enough that a task that is tried eight times is not failed by chance. */
const RESETS_SHARE = 0.2;
const SLOW_MS = 1500;
const BUSY = '<Error><Code>SlowDown</Code><Message>The soak says no.</Message></Error>';

export class FaultyS3 {
  readonly url: string;
  weather: Weather = 'fine';
  /** How often the store carried out which change of which object. */
  readonly executed = new Map<string, number>();
  readonly #target: URL;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #random: () => number;

  private constructor(target: string, random: () => number, server: Server) {
    this.#target = new URL(target);
    this.#random = random;
    this.#server = server;
    // Listening on TCP: the address is never a pipe's name.
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      if (this.weather === 'refuses') socket.destroy();
    });
    server.on('request', (request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  static async open(target: string, random: () => number): Promise<FaultyS3> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyS3(target, random, server);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.#agent.destroy();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { weather } = this;
    if (weather === 'refuses' || (weather === 'resets' && this.#random() < RESETS_SHARE)) {
      request.socket.destroy();
      return;
    }
    if (weather === 'busy') {
      request.resume();
      response.writeHead(503, { 'content-type': 'application/xml' }).end(BUSY);
      return;
    }
    if (weather === 'slow') await sleep(this.#random() * SLOW_MS);
    const { hostname, port } = this.#target;
    const { method, url, rawHeaders } = request;
    const onward = httpRequest({
      ...{ hostname, port, method, path: url, agent: this.#agent },
      headers: rawHeaders,
      setHost: false,
    });
    const answering = once(onward, 'response') as Promise<[IncomingMessage]>;
    // Before the answer it rejects `answering`. After it, it is RGW, which sends a last chunk behind the
    // head of what has no body: the answer is whole, and the connection is not used again.
    onward.on('error', () => undefined);
    request.pipe(onward);
    const [answer] = await answering;
    answer.on('error', () => response.destroy());
    this.#count(request);
    if (weather === 'loses') {
      answer.resume();
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
    answer.pipe(response);
  }

  #count({ method = '', url = '', headers }: IncomingMessage): void {
    const [path = '', query = ''] = url.split('?');
    const isTagging = method === 'PUT' && /^tagging/.test(query);
    const isCopy = method === 'PUT' && headers['x-amz-copy-source'] !== undefined;
    if (!isTagging && !isCopy && method !== 'DELETE') return;
    const what = `${method} ${path}?${query}`;
    this.executed.set(what, (this.executed.get(what) ?? 0) + 1);
  }
}
