/** A server on a free port of the loopback that answers exactly as a test wants it to. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createS3, type S3Client, type S3Options } from '../../src/s3/index.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Answering = (received: Received, response: ServerResponse) => void;

export interface BadServer {
  readonly endpoint: string;
  readonly received: Received[];
  client(options?: Partial<S3Options>): S3Client;
  close(): Promise<void>;
}

export async function badServer(answer: Answering): Promise<BadServer> {
  const received: Received[] = [];
  const clients: S3Client[] = [];
  const server = http.createServer((request, response) => {
    void readRequest(request).then((one) => {
      received.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // True: it listens on a TCP port.
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    received,
    client(options = {}) {
      const client = createS3({
        endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
        clock: systemClock,
        random: seededRandom(1),
        ...options,
      });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers,
    body: Buffer.concat(chunks),
  };
}
