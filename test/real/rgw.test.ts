/** Whatever happens to who started it, nothing of a Ceph gateway is left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRgw } from './rgw.ts';

/** Processes whose command line names this folder. */
function processesOf(dir: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(dir);
    } catch {
      return false; // It ended while we looked.
    }
  });
}

test('a gateway ends with the process that started it, even by kill -9', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'rgw.ts'));
  const script = `import { startRgw } from ${module}; console.log((await startRgw()).dir);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const dir = line.toString().trim();
  assert.ok(processesOf(dir).length >= 3, 'mon, osd and radosgw run');
  child.kill('SIGKILL');
  await once(child, 'exit');
  // What cleans up is nobody's child any more, so nothing tells when it is done.
  const deadline = Date.now() + 30_000;
  while ((existsSync(dir) || processesOf(dir).length > 0) && Date.now() < deadline) {
    await sleep(50);
  }
  assert.deepEqual(processesOf(dir), []);
  assert.equal(existsSync(dir), false);
});

test('two gateways run at once, and stopping one leaves the other', async () => {
  const [one, two] = await Promise.all([startRgw(), startRgw()]);
  try {
    await one.stop();
    assert.deepEqual(processesOf(one.dir), []);
    assert.equal(existsSync(one.dir), false);
    const answer = await fetch(two.endpoint);
    await answer.text();
    assert.equal(answer.status, 200);
  } finally {
    await two.stop();
  }
});
