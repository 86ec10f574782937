/** Aim: the runner tells the truth, above all about files that end badly. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { chosen, testFiles } from './discover.ts';
import { runFiles, totalsLine, type Totals } from './run-files.ts';

const HEAD = "import { test, describe } from 'node:test';\n";

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brigade-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ran extends Totals {
  readonly text: string;
}

async function ran(source: string, fileMsMax = 60_000): Promise<Ran> {
  const file = join(folder, 'a.test.mjs');
  writeFileSync(file, HEAD + source);
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const totals = await runFiles({
    files: [file],
    root: folder,
    concurrency: 1,
    fileMsMax,
    lingerMsMax: 1_500,
    write,
  });
  return { ...totals, text };
}

function assertTotals(ran: Ran, passed: number, failed: number, skipped = 0): void {
  const counts = { passed: ran.passed, failed: ran.failed, skipped: ran.skipped };
  assert.deepEqual(counts, { passed, failed, skipped }, ran.text);
}

test('passed, failed and skipped tests are counted, suites and parents of failures are not', async () => {
  const result = await ran(`
    test('a', () => {});
    test('b', () => { throw new Error('bad luck'); });
    describe('s', () => {
      test('c', { skip: 'no moon' }, () => {});
      test('d', async (t) => { await t.test('e', () => { throw new Error('worse'); }); });
    });`);
  assertTotals(result, 1, 2, 1);
  assert.match(result.text, /^\[ {2}1\/1\] FAILED a\.test\.mjs: 1 passed, 2 failed, 1 skipped/);
  assert.match(result.text, /skipped: s > c: no moon/);
  assert.match(result.text, /b\n +Error: bad luck/);
  assert.match(result.text, /s > d > e\n +Error: worse/);
});

test('a skipped suite counts, since what is in it did not run', async () => {
  const result = await ran(`
    test('a', () => {});
    describe('s', { skip: 'no moon' }, () => { test('b', () => {}); });`);
  assertTotals(result, 1, 0, 1);
  assert.match(result.text, /skipped: s: no moon/);
});

test('a skip without a reason is a failure', async () => {
  const result = await ran(`const missing = true; test('a', { skip: missing }, () => {});`);
  assertTotals(result, 0, 1, 1);
  assert.match(result.text, /a\n +skipped without a reason/);
});

test('a good file is one line and what it wrote is not shown', async () => {
  const result = await ran(`test('a', () => { console.log('chatter'); });`);
  assertTotals(result, 1, 0);
  assert.match(result.text, /^\[ {2}1\/1\] ok +a\.test\.mjs: 1 passed, 0 failed \([\d.]+ s\)\n$/);
});

test('a failing file is shown with what it wrote', async () => {
  const result = await ran(`test('a', () => { console.log('chatter'); throw new Error('x'); });`);
  assert.match(result.text, /it wrote:\n +chatter/);
});

test('what failed is named again at the end, shortened', async () => {
  const message = Array.from({ length: 50 }, (_, line) => `line ${line}`).join('\\n');
  const { text } = await ran(
    `test('a', () => { throw new Error('${message}'); }); test('b', () => {});`,
  );
  const [full = '', again = ''] = text.split('What failed:\n');
  assert.match(full, /line 49/);
  assert.match(again, /^a\.test\.mjs: a\n +Error: line 0\n[^]* line 9\n[^]*\.\.\.\n$/);
  assert.doesNotMatch(again, /line 20/);
});

test('a test that prints the words of the report does not change the counts', async () => {
  const line = JSON.stringify({ kind: 'ended', name: 'z', counts: true, passed: true });
  assertTotals(await ran(`test('a', () => { console.log(${JSON.stringify(line)}); });`), 1, 0);
});

test('a file that cannot be loaded has failed', async () => {
  const result = await ran(`import './missing.mjs';`);
  assert.equal(result.passed, 0);
  assert.ok(result.failed >= 1);
  assert.match(result.text, /ERR_MODULE_NOT_FOUND/);
});

test('a file without tests has failed', async () => {
  const result = await ran(`console.log('nothing to see');`);
  assertTotals(result, 0, 1);
  assert.match(result.text, /it ran no test/);
});

test('a process that exits before its tests are done has failed', async () => {
  const result = await ran(`test('a', () => {}); test('b', () => process.exit(0));`);
  assert.ok(result.failed >= 1, result.text);
});

test('a process that ends badly after its tests has failed', async () => {
  const result = await ran(
    `test('a', () => {}); process.on('exit', () => { process.exitCode = 3; });`,
  );
  assertTotals(result, 1, 1);
  assert.match(result.text, /its process ended with 3/);
});

test('a test that never ends is stopped and named', async () => {
  const result = await ran(
    `test('good', () => {}); test('endless', () => new Promise(() => setInterval(() => {}, 50)));`,
    1_500,
  );
  assertTotals(result, 1, 1);
  assert.match(result.text, /took more than 1\.5 s; still running: endless/);
});

test('a file that keeps something open after its tests has failed', async () => {
  const result = await ran(`test('a', () => {}); setInterval(() => {}, 50);`);
  assertTotals(result, 1, 1);
  assert.match(result.text, /something keeps it running/);
});

const onLinux = { skip: process.platform === 'linux' ? false : 'only Linux is looked at (/proc)' };

test('a process that is left behind is found, named and stopped', onLinux, async () => {
  const result = await ran(`
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    test('a', () => {
      const child = spawn('sleep', ['61.7'], { stdio: 'ignore' });
      writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
      child.unref();
    });`);
  assertTotals(result, 1, 1);
  assert.match(result.text, /left processes running: sleep 61\.7/);
  const pid = readFileSync(join(folder, 'pid'), 'utf8');
  // Gone, or dead and not yet fetched by its parent.
  const status = existsSync(`/proc/${pid}/status`)
    ? readFileSync(`/proc/${pid}/status`, 'utf8')
    : 'Z';
  assert.match(status, /^Z$|State:\s+Z/m);
});

test('test files are found at every depth, and chosen by a part of their path', () => {
  mkdirSync(join(folder, 'test/a/b'), { recursive: true });
  for (const path of ['test/x.test.ts', 'test/a/b/y.test.ts', 'test/a/helper.ts']) {
    writeFileSync(join(folder, path), '');
  }
  const files = testFiles(folder);
  assert.deepEqual(files, ['test/a/b/y.test.ts', 'test/x.test.ts']);
  assert.deepEqual(chosen(files, []), files);
  assert.deepEqual(chosen(files, ['./test/a']), ['test/a/b/y.test.ts']);
  assert.deepEqual(chosen(files, ['nothing']), []);
});

test('a file that runs alone begins when the others have ended', async () => {
  const log = JSON.stringify(join(folder, 'log'));
  const files = ['alone', 'one', 'other'].map((name) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(
      file,
      `${HEAD}import { appendFileSync } from 'node:fs';
      appendFileSync(${log}, '${name} began\\n');
      test('a', () => {});
      process.on('exit', () => appendFileSync(${log}, '${name} ended\\n'));`,
    );
    return file;
  });
  const totals = await runFiles({
    files,
    alone: files.slice(0, 1),
    root: folder,
    concurrency: 2,
    fileMsMax: 60_000,
    lingerMsMax: 1_500,
    write: () => undefined,
  });
  assert.equal(totals.passed, 3);
  const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  assert.deepEqual(lines.slice(4), ['alone began', 'alone ended']);
});

test('the last line names the skipped only when there are some', () => {
  assert.equal(totalsLine({ passed: 3, failed: 0, skipped: 0 }), '3 passed, 0 failed');
  assert.equal(totalsLine({ passed: 3, failed: 1, skipped: 2 }), '3 passed, 1 failed, 2 skipped');
});
