import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const BIN = join(import.meta.dirname, '../../bin/brigade.js');

/** This Node, made to believe that it is an old one: there is always one old Node to test with. */
const PRETENDER = [
  process.execPath,
  '--import',
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.18.9'}})",
];

function oldNodesOnPath(): string[][] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .filter((path) => {
      const [major = 0, minor = 0] = execFileSync(path, ['-p', 'process.versions.node'], {
        encoding: 'utf8',
      })
        .split('.')
        .map(Number);
      return major < 22 || (major === 22 && minor < 19);
    })
    .map((path) => [path]);
}

function run(command: readonly string[], bin: string, args: readonly string[] = []) {
  const [program = '', ...before] = command;
  const env = { ...process.env, NODE_OPTIONS: '' };
  return spawnSync(program, [...before, bin, ...args], { encoding: 'utf8', env, timeout: 30_000 });
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brigade-bin-'));
  mkdirSync(join(folder, 'bin'));
  cpSync(BIN, join(folder, 'bin/brigade.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeSource(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

test('an old Node gets two lines that say what is needed and how, and exit code 1', () => {
  for (const command of [PRETENDER, ...oldNodesOnPath()]) {
    const { status, stdout, stderr } = run(command, BIN, ['serve']);
    assert.equal(status, 1, command[0]);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 2, stderr);
    assert.match(lines[0] ?? '', /needs Node\.js 22\.19 or newer; this is \d+\.\d+\.\d+\.$/);
    assert.match(lines[1] ?? '', /`npm ci` brings Node 24.*`npm start`.*install Node 24/);
  }
});

test('the limit is the one that package.json declares', () => {
  const manifest = readFileSync(join(BIN, '../../package.json'), 'utf8');
  assert.match(manifest, /"node": ">=22\.19"/);
  assert.match(readFileSync(BIN, 'utf8'), /NODE_NEEDED = \[22, 19\]/);
});

test('a checkout runs src/main.ts, even beside a dist folder, with its arguments', () => {
  writeSource('src/main.ts', 'const n: number = 1; console.log("source", n, process.argv[2]);');
  writeSource('dist/src/main.js', 'console.log("built");');
  const { status, stdout } = run([process.execPath], join(folder, 'bin/brigade.js'), ['serve']);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'source 1 serve\n' });
});

test('a published package runs dist/src/main.js', () => {
  writeSource('dist/src/main.js', 'console.log("built", process.argv[2]);');
  const { status, stdout } = run([process.execPath], join(folder, 'bin/brigade.js'), ['demo']);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'built demo\n' });
});

test('a program that fails to start ends with an exit code that is not zero', () => {
  writeSource('src/main.ts', 'throw new Error("no good");');
  const { status, stderr } = run([process.execPath], join(folder, 'bin/brigade.js'));
  assert.equal(status, 1);
  assert.match(stderr, /no good/);
});

test('the SQLite and type stripping warnings are silenced and no others', () => {
  // The two texts as Node 22.19 prints them; Node 24 prints neither.
  writeSource(
    'src/main.ts',
    `process.emitWarning('SQLite is an experimental feature and might change', 'ExperimentalWarning');
     process.emitWarning('Type Stripping is an experimental feature', 'ExperimentalWarning');
     process.emitWarning('Glob is an experimental feature', 'ExperimentalWarning');
     process.emitWarning('SQLite is on fire');
     process.emitWarning('Old.', { type: 'DeprecationWarning', code: 'DEP1' });`,
  );
  const { stderr } = run([process.execPath], join(folder, 'bin/brigade.js'));
  assert.match(stderr, /Glob is an experimental/);
  assert.match(stderr, /SQLite is on fire/);
  assert.match(stderr, /\[DEP1\] DeprecationWarning: Old\./);
  assert.doesNotMatch(stderr, /SQLite is an experimental|Type Stripping/);
});
