/** Aim: however the service is started, Node gets the flags that its memory was measured with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NODE_FLAGS } from '../../src/server/supervisor.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('npm start, the container and the supervisor of workers give Node the same flags', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  assert.equal(scripts['start'], `node ${NODE_FLAGS.join(' ')} bin/brigade.js serve`);
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(read('deploy/Containerfile')) ?? [];
  assert.deepEqual(JSON.parse(entry), ['node', ...NODE_FLAGS, '/opt/brigade/bin/brigade.js']);
});
