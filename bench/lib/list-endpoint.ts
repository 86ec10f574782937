/**
 * A bucket that exists only as a list, served by a process of its own: `node list-endpoint.ts SHAPE
 * KEYS DELAY_MS PORT`. Every answer is made when it is asked for, after the delay.
 */
import { createServer } from 'node:http';
import { KeySpace } from '../../test/listing/key-space.ts';

const [shape = '', keys = '', delayMs = '', port = ''] = process.argv.slice(2);

const digits = (n: number, width: number): string => String(n).padStart(width, '0');
const scrambled = (n: number): string => (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16);
export const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  flat: (n) => `object-${digits(n, 12)}`,
  deep: (n) =>
    `logs/${2017 + (n % 9)}/${digits(n % 12, 2)}/${digits(n % 28, 2)}/${scrambled(n)}.gz`,
  uneven: (n) => `user-${Math.floor(9000 / (1 + (n % 300)))}/photos/${scrambled(n)}.jpg`,
  dashes: (n) => `user-${Math.floor(9000 / (1 + (n % 300)))}-photos-${scrambled(n)}.jpg`,
};

if (import.meta.main) {
  const key = SHAPES[shape];
  if (!key) throw new Error(`No shape is named ${shape}.`);
  const space = new KeySpace(Array.from({ length: Number(keys) }, (_, n) => key(n)));
  // What a key looks like in an answer is made now, so that nobody waits for it later.
  for (let n = 0; n < space.keys.length; n += 1000) {
    const query = { 'max-keys': '1000', 'start-after': space.keys[n - 1] ?? '' };
    space.answer({ method: 'GET', query });
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://endpoint');
    const answer = (): void => {
      const { body } = space.answer({ method: 'GET', query: Object.fromEntries(url.searchParams) });
      response.writeHead(200, { 'content-type': 'application/xml', 'content-length': body.length });
      response.end(body);
    };
    if (Number(delayMs) > 0) setTimeout(answer, Number(delayMs));
    else answer();
  });
  server.keepAliveTimeout = 600_000;
  server.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
  process.stdin.on('end', () => process.exit(0)).resume();
}
