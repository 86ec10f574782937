/** What endpoint.ts starts where nginx is missing: the same answers, from a process of Node. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { answerTo } from './endpoint-nginx.ts';
import { BUCKET } from './work.ts';

const [folder = '', port = '', kind = ''] = process.argv.slice(2);
let requests = 0;

function serveFile(path: string, request: IncomingMessage, response: ServerResponse): void {
  const file = readFileSync(join(folder, 'www', path));
  const etag = `"${file.length.toString(16)}"`;
  const condition = request.headers['if-match'];
  response.setHeader('etag', etag);
  if (condition !== undefined && condition !== etag) return void response.writeHead(412).end();
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Number(range[2]) + 1 : file.length;
  if (start >= file.length) return void response.writeHead(416).end();
  const bytes = file.subarray(start, end);
  response.writeHead(range === null ? 200 : 206, { 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests++;
  const [path = '', query = ''] = (request.url ?? '').split('?');
  if (path === '/__status') return void response.end(`requests\n 1 1 ${requests} \n`);
  if (path.startsWith(`/${BUCKET}/manifest-`)) return serveFile(path, request, response);
  const source = String(request.headers['x-amz-copy-source'] ?? '');
  const xml = answerTo(`${request.method}:${query}:${source}`);
  response.setHeader('etag', '"e"').setHeader('content-length', xml.length).end(xml);
}

const listener = (request: IncomingMessage, response: ServerResponse): void =>
  void request.resume().on('end', () => answer(request, response));
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const server =
  kind === 'tls'
    ? createTlsServer({ cert: pem('cert.pem'), key: pem('key.pem') }, listener)
    : createServer(listener);
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1');
