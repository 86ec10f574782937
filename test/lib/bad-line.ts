/**
 * A line to a server that a test can make bad: it stands between a service and its endpoint and
 * refuses, breaks off, falls silent or cuts answers short, for as long as the test says.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `refuse`: nobody listens. `reset`: connections break. `silent`: nothing comes back, until the line is good again. `truncate`: answers end in their middle. */
export type LineState = 'good' | 'refuse' | 'reset' | 'silent' | 'truncate';

export interface BadLine {
  readonly url: string;
  /** Connections that were met by a bad line. */
  readonly spoilt: number;
  turn(state: LineState): Promise<void>;
  close(): Promise<void>;
}

/** Enough for the head of an answer, and not for all of it. */
const TRUNCATED_BYTES = 90;

export async function startBadLine(target: string): Promise<BadLine> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  let state: LineState = 'good';
  let spoilt = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    keep(client);
    if (state !== 'good') spoilt += 1;
    if (state === 'reset') return void client.resetAndDestroy();
    if (state === 'silent') return void client.resume();
    const upstream = keep(connect(Number(targetPort), hostname));
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    if (state !== 'truncate') return void upstream.pipe(client);
    upstream.once('data', (bytes: Buffer) => {
      client.end(bytes.subarray(0, TRUNCATED_BYTES));
      upstream.destroy();
    });
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    // Listening on TCP: the address is never a pipe's name.
    return (server.address() as AddressInfo).port;
  };
  const deafen = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    get spoilt() {
      return spoilt;
    },
    async turn(next) {
      state = next;
      // Connections that stand are part of the line.
      if (next === 'refuse') await deafen();
      else if (!server.listening) await listen(port);
      cut();
    },
    close: deafen,
  };
}
