/** Hands out a generated list as an object of any name: `node generated-list-server.ts <rows> <port>`. */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { bytesOfList, ROW_BYTES } from './generated-list.ts';

const [rows = '', port = ''] = process.argv.slice(2);
const size = Number(rows) * ROW_BYTES;
createServer((request, answer) => {
  // What an operation asks before its first task.
  if (request.method !== 'GET') return void answer.end();
  const [, from = '0', to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from);
  const end = to ? Math.min(Number(to) + 1, size) : size;
  if (start >= size) return void answer.writeHead(416).end();
  answer.writeHead(request.headers.range === undefined ? 200 : 206, {
    'content-length': end - start,
  });
  Readable.from(bytesOfList(start, end), { objectMode: false }).pipe(answer);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
process.stdin.on('end', () => process.exit(0)).resume();
