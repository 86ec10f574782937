/**
 * Stands between a store and its PostgreSQL and cuts connections at the statement that a test names:
 * `before` the server hears of it, or `after` the server has carried it out and before the client
 * hears of that. It reads just enough of the protocol: which text a prepared name stands for, which
 * name is executed, and when the server says that it is done.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Cut = 'no' | 'before' | 'after';

export interface CuttingProxy {
  /** The same database, through the proxy. */
  readonly url: string;
  /** Asked for every statement that is executed. */
  decide: (sql: string) => Cut;
  close(): Promise<void>;
}

/** A message of a client: type (one byte), length (four), body; the first one has no type. */
const PARSE = 'P'.charCodeAt(0);
const BIND = 'B'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);

export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    new Passage(client, upstream, (sql) => proxy.decide(sql));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  // Listening on TCP: the address is never a pipe's name.
  url.port = String((server.address() as AddressInfo).port);
  const proxy: CuttingProxy = {
    url: url.href,
    decide: () => 'no',
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

class Passage {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #decide: (sql: string) => Cut;
  readonly #texts = new Map<string, string>();
  #fromClient = Buffer.alloc(0);
  #fromServer = Buffer.alloc(0);
  #isStarted = false;
  #isSwallowing = false;

  constructor(client: Socket, upstream: Socket, decide: (sql: string) => Cut) {
    this.#client = client;
    this.#upstream = upstream;
    this.#decide = decide;
    client.on('data', (bytes: Buffer) => this.#take(bytes)).on('close', () => upstream.destroy());
    upstream.on('data', (bytes: Buffer) => this.#give(bytes)).on('close', () => client.destroy());
  }

  #take(bytes: Buffer): void {
    this.#fromClient = Buffer.concat([this.#fromClient, bytes]);
    for (;;) {
      const head = this.#isStarted ? 1 : 0;
      if (this.#fromClient.length < head + 4) return;
      const end = head + this.#fromClient.readUInt32BE(head);
      if (this.#fromClient.length < end) return;
      const message = this.#fromClient.subarray(0, end);
      this.#fromClient = this.#fromClient.subarray(end);
      if (this.#isStarted) {
        const cut = this.#look(message);
        if (cut === 'before') return void this.#client.destroy();
        if (cut === 'after') this.#isSwallowing = true;
      }
      this.#isStarted = true;
      this.#upstream.write(message);
    }
  }

  #look(message: Buffer): Cut {
    const [first = '', second = ''] = message.toString('utf8', 5).split('\0', 2);
    if (message[0] === PARSE) this.#texts.set(first, second);
    if (message[0] !== BIND) return 'no';
    return this.#decide(this.#texts.get(second) ?? '');
  }

  #give(bytes: Buffer): void {
    if (!this.#isSwallowing) {
      this.#client.write(bytes);
      return;
    }
    this.#fromServer = Buffer.concat([this.#fromServer, bytes]);
    while (this.#fromServer.length >= 5) {
      const end = 1 + this.#fromServer.readUInt32BE(1);
      if (this.#fromServer.length < end) return;
      if (this.#fromServer[0] === READY_FOR_QUERY) return void this.#client.destroy();
      this.#fromServer = this.#fromServer.subarray(end);
    }
  }
}
