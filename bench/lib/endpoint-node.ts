/** What endpoint.ts starts where nginx is missing: the same answers, from a process of Node. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ANSWERS, BUCKET, MANIFEST_KEY } from './endpoint.ts';

const [folder = '', port = ''] = process.argv.slice(2);
const manifest = readFileSync(join(folder, BUCKET, MANIFEST_KEY));
const ETAG = `"${manifest.length.toString(16)}"`;
const answers = ANSWERS.map(([pattern, xml]) => [new RegExp(pattern), xml] as const);
let requests = 0;

function serveManifest(request: IncomingMessage, response: ServerResponse): void {
  const condition = request.headers['if-match'];
  response.setHeader('etag', ETAG);
  if (condition !== undefined && condition !== ETAG) return void response.writeHead(412).end();
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Number(range[2]) + 1 : manifest.length;
  if (start >= manifest.length) return void response.writeHead(416).end();
  const bytes = manifest.subarray(start, end);
  response.writeHead(range === null ? 200 : 206, { 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests++;
  const [path = '', query = ''] = (request.url ?? '').split('?');
  if (path === '/__status') return void response.end(`requests\n 1 1 ${requests} \n`);
  if (path === `/${BUCKET}/${MANIFEST_KEY}`) return serveManifest(request, response);
  const asked = `${request.method}:${query}`;
  const xml = answers.find(([pattern]) => pattern.test(asked))?.[1] ?? '';
  response.setHeader('etag', ETAG).setHeader('content-length', xml.length).end(xml);
}

const server = createServer((request, response) => {
  request.resume().on('end', () => answer(request, response));
});
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1');
