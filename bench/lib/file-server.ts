/** Hands out files of a folder with ranges and no questions: `node file-server.ts <folder> <port>`. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder = '', port = ''] = process.argv.slice(2);
createServer((request, answer) => {
  const file = join(folder, new URL(request.url ?? '/', 'http://localhost').pathname);
  const found = statSync(file, { throwIfNoEntry: false });
  // What an operation asks before its first task.
  if (request.method !== 'GET' || !found?.isFile()) return void answer.end();
  const { size } = found;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to), size - 1) : size - 1;
  if (start >= size) return void answer.writeHead(416).end();
  answer.writeHead(from === undefined ? 200 : 206, { 'content-length': end - start + 1 });
  createReadStream(file, { start, end, highWaterMark: 1024 * 1024 }).pipe(answer);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
process.stdin.on('end', () => process.exit(0)).resume();
