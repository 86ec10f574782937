/**
 * For every rule: small repositories that break it, each with what must be found and nothing else,
 * and near misses in which nothing may be found. A rule that cannot fail is worth nothing.
 */
import { PLAN, type Plan } from './plan.ts';
import type { RuleName } from './rules/index.ts';

export interface Canary {
  readonly files: Readonly<Record<string, string>>;
  /** One pattern for each finding, in order of path, line and message; none for a near miss. */
  readonly finds: readonly RegExp[];
  readonly plan?: Plan;
}

const bad = (files: Canary['files'], ...finds: readonly RegExp[]): Canary => ({ files, finds });
const fine = (files: Canary['files']): Canary => ({ files, finds: [] });
const inFile = (path: string, ...lines: readonly string[]): Canary['files'] => ({
  [path]: lines.join('\n'),
});

/** A house of two rooms and a guest, for the rules about the house as a whole. */
const SMALL: Plan = {
  ...PLAN,
  rooms: [
    { name: 'main.ts', floor: 1, door: false },
    { name: 'base', floor: 0, door: false },
    { name: 'events', floor: 0, door: true, planned: true },
  ],
  guests: [{ name: 'cli', rooms: [], hosts: ['main.ts'] }],
  entries: ['src/main.ts'],
};
const SMALL_FILES = { 'src/main.ts': '', 'src/base/a.ts': '', 'cli/index.ts': '' };
const SMALL_TABLE = [
  '# Map',
  '| floor | room | what |',
  '|---|---|---|',
  '| 1 | `main.ts` | x |',
  '| 0 | `base/` | x |',
  '| 0 | `events/` (planned) | x |',
  '| beside | `cli/` | x |',
];
const smallMap = (...rows: readonly string[]): Canary['files'] => ({
  'ARCHITECTURE.md': rows.join('\n'),
});

export const CANARIES: Readonly<Record<RuleName, readonly Canary[]>> = {
  'imports lead to a lower floor': [
    bad(inFile('src/store/a.ts', `import { x } from '../engine/index.ts';`), /store .* engine/),
    bad(inFile('src/store/a.ts', `import type { X } from '../s3/index.ts';`), /store .* s3/),
    bad(inFile('src/store/a.ts', `import { type X } from '../s3/index.ts';`), /store .* s3/),
    bad(inFile('src/store/a.ts', `export { x } from '../s3/index.ts';`), /store .* s3/),
    bad(inFile('src/store/a.ts', `import '../s3/index.ts';`), /store .* s3/),
    bad(inFile('src/store/a.ts', `await import('../s3/index.ts');`), /store .* s3/),
    bad(inFile('src/store/a.ts', `type X = import('../s3/index.ts').X;`), /store .* s3/),
    bad(inFile('src/store/a.ts', `new URL('../s3/w.ts', import.meta.url);`), /store .* s3/),
    bad(inFile('src/store/deep/a.ts', `import '../../s3/index.ts';`), /store .* s3/),
    bad(inFile('src/store/a.ts', `const p = './b.ts';`, `await import(p);`), /computed path/),
    bad(inFile('src/attic/a.ts', `import '../base/a.ts';`), /attic is not a room/),
    bad(inFile('src/store/a.ts', `import '../attic/index.ts';`), /attic is not a room/),
    bad(inFile('src/store/a.ts', `import '../../test/lib/a.ts';`), /may not import test/),
    bad(inFile('src/store/a.ts', `import '../../sandbox/index.ts';`), /may not import sandbox/),
    bad(inFile('sandbox/a.ts', `import '../src/store/index.ts';`), /sandbox .* store/),
    bad(inFile('cli/a.ts', `import '../src/operations/index.ts';`), /cli .* operations/),
    bad(inFile('cli/a.ts', `import '../sandbox/index.ts';`), /cli .* sandbox/),
    bad(inFile('console/a.tsx', `import '../src/model/a.ts';`), /console .* model/),
    bad(inFile('src/server/a.ts', `import '../../console/index.ts';`), /may not import console/),
    bad(inFile('bin/brigade.js', `import '../src/base/a.ts';`), /bin starts src\/main.ts/),
    fine({
      'src/store/a.ts': `import '../base/a.ts'; import './b.ts'; import '../model/b.ts';`,
      'src/server/a.ts': `import '../../sandbox/index.ts'; import '../api/index.ts';`,
      'sandbox/ops/a.ts': `import '../../src/sigv4/index.ts'; import '../b.ts';`,
      'cli/a.ts': `import '../src/store/index.ts'; import 'fastify';`,
      'test/store/a.test.ts': `import '../../src/engine/a.ts';`,
      'src/functions/function-thread.ts': 'await import(path);',
      'bin/brigade.js': `import(new URL('../src/main.ts', import.meta.url).href);`,
    }),
    fine(inFile('src/store/a.ts', `// import '../s3/index.ts'`, `'import x from "../s3/a.ts"';`)),
  ],
  'another room is entered by its door': [
    bad(inFile('src/engine/a.ts', `import { x } from '../store/sqlite.ts';`), /past the door/),
    bad(inFile('src/engine/a.ts', `import { X } from '../store/store.ts';`), /past the door/),
    bad(inFile('src/engine/a.ts', `import type { X } from '../store/rows.ts';`), /past the door/),
    bad(inFile('src/server/a.ts', `import '../../sandbox/server.ts';`), /past the door/),
    bad(inFile('cli/a.ts', `import '../src/sigv4/sign.ts';`), /past the door/),
    bad(inFile('src/engine/a.ts', `import '../store/deep/index.ts';`), /past the door/),
    fine({
      'src/engine/a.ts': `import '../store/index.ts'; import '../base/x.ts'; import './b.ts';`,
      'src/engine/b.ts': `import type { Store } from '../store/store.ts';`,
      'test/store/a.test.ts': `import '../../src/store/sqlite.ts';`,
    }),
  ],
  'a door names what it opens': [
    bad(inFile('src/store/index.ts', `export * from './a.ts';`), /export \*/),
    bad(inFile('src/store/index.ts', '', `export * as a from './a.ts';`), /:2 .*export \*/),
    fine(inFile('src/store/index.ts', `// export * from './a.ts'`, `export { x } from './a.ts';`)),
    fine(inFile('src/store/index.ts', `export type * from './a.ts';`)),
  ],
  'no import leads back to where it came from': [
    bad({ 'src/base/a.ts': `import './b.ts';`, 'src/base/b.ts': `import './a.ts';` }, /a circle/),
    bad(
      {
        'src/base/a.ts': `import type { B } from './b.ts';`,
        'src/base/b.ts': `export { c } from './c.ts';`,
        'src/base/c.ts': `type A = import('./a.ts').A;`,
      },
      /base\/a.ts > src\/base\/b.ts > src\/base\/c.ts > src\/base\/a.ts/,
    ),
    bad(inFile('src/base/a.ts', `import './a.ts';`), /a circle/),
    fine({
      'src/base/a.ts': `import './b.ts'; import './c.ts';`,
      'src/base/b.ts': `import './c.ts';`,
      'src/base/c.ts': `// import './a.ts';`,
    }),
  ],
  'the pure floors do no I/O': [
    bad(inFile('src/lifecycle/a.ts', `import { readFile } from 'node:fs/promises';`), /node:fs/),
    bad(inFile('src/base/a.ts', `import { request } from 'undici';`), /undici/),
    bad(inFile('src/sigv4/a.ts', `await import('node:sqlite');`), /node:sqlite/),
    fine({
      'src/base/a.ts': `import 'node:crypto'; import type { Stats } from 'node:fs';`,
      'src/store/a.ts': `import 'node:sqlite';`,
    }),
  ],
  'only base/clock.ts knows the time': [
    bad(inFile('src/engine/a.ts', 'const t = Date.now();'), /Date\.now/),
    bad(inFile('src/engine/a.ts', 'const t = Date["now"]();'), /Date\.now/),
    bad(inFile('src/engine/a.ts', 'const t = globalThis.Date.now();'), /Date\.now/),
    bad(inFile('src/engine/a.ts', 'const { now } = Date;'), /Date\.now/),
    bad(inFile('src/engine/a.ts', 'const t = new Date();'), /Date without arguments/),
    bad(inFile('src/engine/a.ts', 'const t = new Date;'), /Date without arguments/),
    bad(inFile('src/engine/a.ts', 'const t = Date();'), /Date without arguments/),
    bad(inFile('src/engine/a.ts', 'f(Date.now);'), /Date\.now/),
    bad(inFile('sandbox/a.ts', 'const t = performance.now();'), /performance\.now/),
    bad(inFile('src/engine/a.ts', 'process.hrtime.bigint();'), /process\.hrtime/),
    bad(inFile('cli/a.ts', 'setTimeout(f, 1);'), /setTimeout/),
    bad(inFile('src/engine/a.ts', 'globalThis.setTimeout(f, 1);'), /setTimeout/),
    bad(inFile('src/engine/a.ts', 'new Promise((r) => setImmediate(r));'), /setImmediate/),
    bad(inFile('src/engine/a.ts', 'const later = { setInterval };'), /setInterval/),
    bad(inFile('src/engine/a.ts', 'AbortSignal.timeout(5);'), /AbortSignal\.timeout/),
    bad(
      inFile('src/engine/a.ts', `import { setTimeout as nap } from 'node:timers/promises';`),
      /imports node:timers/,
      /setTimeout/,
    ),
    fine(
      inFile(
        'src/engine/a.ts',
        'new Date(clock.now()); Date.parse(s); Date.UTC(2026, 1); x instanceof Date;',
        'socket.setTimeout(5); clock.now(); // Date.now() and setTimeout',
        `const s = 'Date.now()'; const t = \`new Date()\`;`,
        'interface A { setTimeout(ms: number): void } type T = ReturnType<typeof setTimeout>;',
      ),
    ),
    fine({ 'src/base/clock.ts': 'Date.now();', 'test/a.test.ts': 'Date.now();' }),
  ],
  'only base/random.ts knows chance': [
    bad(inFile('src/engine/a.ts', 'Math.random();'), /Math\.random/),
    bad(inFile('src/engine/a.ts', 'const { random } = Math;'), /Math\.random/),
    bad(inFile('src/engine/a.ts', 'crypto.randomUUID();'), /randomUUID/),
    bad(inFile('src/engine/a.ts', `import { randomBytes } from 'node:crypto';`), /randomBytes/),
    bad(inFile('src/engine/a.ts', `import { randomUUID as id } from 'node:crypto';`), /randomUUID/),
    bad(inFile('sandbox/a.ts', 'globalThis.crypto.getRandomValues(x);'), /getRandomValues/),
    fine(
      inFile('src/engine/a.ts', `random.uuid(); Math.max(1); // Math.random()`, `'randomUUID';`),
    ),
    fine(inFile('src/base/random.ts', 'Math.random();')),
  ],
  'only the edge of the house reads environment and arguments': [
    bad(inFile('src/server/start.ts', `process.env['X'];`), /process\.env/),
    bad(inFile('src/server/start.ts', 'const { argv } = process;'), /process\.argv/),
    bad(inFile('src/s3/a.ts', `import { env } from 'node:process';`), /imports node:process/),
    bad(inFile('sandbox/a.ts', `process['env'];`), /process\.env/),
    fine({
      'src/server/config.ts': 'process.env;',
      'src/main.ts': 'process.argv;',
      'cli/a.ts': 'process.env;',
      'src/s3/a.ts': `process.pid; 'process.env'; job.env; /* process.env */`,
    }),
  ],
  'only the command line writes to the console': [
    bad(inFile('src/engine/a.ts', `console.log('x');`), /uses console/),
    bad(inFile('sandbox/a.ts', 'run(console);'), /uses console/),
    bad(inFile('src/main.ts', `globalThis.console.error('x');`), /uses console/),
    fine({
      'cli/a.ts': 'console.log(1);',
      'src/s3/a.ts': `a.console; 'console.log'; // console.log`,
    }),
  ],
  'only model and operations name an operation': [
    bad(inFile('src/engine/a.ts', `if (job.operation === 'LambdaInvoke') f();`), /LambdaInvoke/),
    bad(inFile('src/api/a.ts', 'request.Operation.S3PutObjectCopy;'), /S3PutObjectCopy/),
    bad(inFile('src/api/a.ts', 'const t = { S3PutObjectAcl: 1 };'), /S3PutObjectAcl/),
    bad(inFile('src/api/a.ts', 'const t = `/S3PutObjectAcl/${x}`;'), /S3PutObjectAcl/),
    bad(inFile('src/api/a.ts', 'if (/^S3PutObjectAcl$/.test(x)) f();'), /S3PutObjectAcl/),
    bad(inFile('src/api/a.ts', `type T = 'S3PutObjectAcl';`), /S3PutObjectAcl/),
    fine({
      'src/engine/a.ts': '// as S3PutObjectCopy does',
      'src/model/a.ts': `'S3PutObjectCopy';`,
      'src/operations/a.ts': `'S3PutObjectCopy';`,
      'cli/a.ts': `'S3PutObjectCopy';`,
      'src/api/a.ts': `'S3PutObjectCopyish';`,
    }),
  ],
  'every file is in use': [
    {
      plan: SMALL,
      files: { ...SMALL_FILES, 'src/main.ts': `import './base/a.ts';` },
      finds: [/cli\/index.ts:0 nothing that runs/],
    },
    {
      plan: SMALL,
      files: {
        'src/main.ts': `// import './base/a.ts'`,
        'src/base/a.ts': '',
        'test/base/a.test.ts': `import '../../src/base/a.ts';`,
      },
      finds: [/base\/a.ts:0 nothing that runs/],
    },
    { plan: SMALL, files: { 'src/base/a.ts': '' }, finds: [/main.ts:0 this entry does not exist/] },
    {
      plan: SMALL,
      files: {
        'src/main.ts': `import { a } from './base/a.ts'; await import('../cli/index.ts');`,
        'src/base/a.ts': `new Worker(new URL('./b.ts', import.meta.url));`,
        'src/base/b.ts': `export type { C } from './c.ts';`,
        'src/base/c.ts': '',
        'cli/index.ts': '',
        'test/lib/unused.ts': '',
      },
      finds: [],
    },
  ],
  'every export is imported': [
    bad(inFile('src/base/a.ts', 'export function f() {}'), /exports f,/),
    bad(inFile('src/base/a.ts', 'export function f() {}', 'f();'), /exports f,/),
    bad(inFile('src/base/a.ts', 'export const { f, g } = x;'), /exports f,/, /exports g,/),
    bad(inFile('src/base/a.ts', 'const f = 1;', 'export { f as g };'), /exports g,/),
    bad(inFile('src/base/a.ts', 'export interface Unused {}'), /exports Unused,/),
    bad(inFile('src/base/a.ts', 'export default 1;'), /exports default,/),
    bad(
      {
        'src/store/index.ts': `export { open } from './a.ts';`,
        'src/store/a.ts': 'export const open = 1;',
      },
      /store\/index.ts:1 exports open,/,
    ),
    bad(
      {
        'src/base/a.ts': 'export const f = 1;',
        'src/base/b.ts': `import { g as f } from './a.ts'; // f`,
      },
      /exports f,/,
    ),
    fine({
      'src/base/a.ts': 'export const f = 1; export class G {} export const h = 1;',
      'src/base/b.ts': `import { f as x } from './a.ts'; import { type G } from './a.ts';`,
      'test/a.test.ts': `import { h } from '../src/base/a.ts';`,
    }),
    fine({
      'src/base/a.ts': 'export const f = 1;',
      'src/base/b.ts': `import * as all from './a.ts';`,
      'src/base/c.ts': 'export interface Options {} export function g(o: Options) {}',
      'src/base/d.ts': `const { g } = await import('./c.ts');`,
      'src/base/index.ts': `export type { Options } from './c.ts';`,
    }),
  ],
  'every dependency was decided in writing': [
    bad(
      {
        'package.json': '{"dependencies":{"left-pad":"1.0.0","@a/b":"1.0.0"}}',
        'docs/decisions/001.md': 'We take `left-padding` and `@a/b-c`, not x@a/b.',
        'docs/other.md': 'left-pad',
      },
      /depends on @a\/b,/,
      /depends on left-pad,/,
    ),
    fine({
      'package.json': '{"dependencies":{"undici":"8.0.0","@a/b":"1"},"devDependencies":{"x":"1"}}',
      'docs/decisions/001.md': 'Undici, because. And `@a/b`.',
    }),
  ],
  'every test is where npm test finds it': [
    bad(inFile('src/base/a.test.ts', ''), /does not find/),
    bad(inFile('test/base/a.test.js', ''), /does not find/),
    bad(inFile('test/base/a.spec.ts', ''), /does not find/),
    fine({ 'test/base/a.test.ts': '', 'test/lib/contest.ts': '' }),
  ],
  'no test is singled out or skipped without a reason': [
    bad(inFile('test/a.test.ts', `test.only('x', f);`), /test\.only/),
    bad(inFile('test/a.test.ts', `describe.only('x', f);`), /describe\.only/),
    bad(inFile('test/a.test.ts', `it.skip('x', f);`), /it\.skip/),
    bad(inFile('test/a.test.ts', `test.todo('x');`), /test\.todo/),
    bad(inFile('test/a.test.ts', `test('x', { only: true }, f);`), /only/),
    bad(inFile('test/a.test.ts', `test('x', { skip: true }, f);`), /without a reason/),
    bad(inFile('test/a.test.ts', `test('x', { todo: 'later' }, f);`), /todo/),
    bad(inFile('test/lib/contract.ts', `test('x', (t) => { t.skip(); });`), /without a reason/),
    fine(
      inFile(
        'test/a.test.ts',
        `test('x', { skip: missing ? 'needs nginx' : false }, f);`,
        `test('z', { skip: reasons['z'] ?? false }, f);`,
        `test('y', (t) => { t.skip('needs a reason'); });`,
        `const s = 'test.only(1)'; // test.skip('z')`,
        'iterator.skip(); scan.only(1); stream.skip(2);',
      ),
    ),
  ],
  'no two tests of a file have one name': [
    bad(inFile('test/a.test.ts', `test('x', f);`, `test('x', g);`), /:2 .*'x'/),
    bad(inFile('test/a.test.ts', `describe('d', () => { it('x', f); it('x', f); });`), /'x'/),
    bad(
      inFile('test/a.test.ts', `test('d', async (t) => { t.test('x', f); t.test('x', f); });`),
      /'x'/,
    ),
    fine({
      'test/a.test.ts': `describe('d', () => it('x', f)); describe('e', () => it('x', f));`,
      'test/b.test.ts': `test('x', f); /x/.test('x'); /y/.test('x'); // test('x', f)`,
      'test/c.test.ts': 'for (const n of [1, 2]) test(`n ${n}`, f);',
    }),
  ],
  'nothing is left unfinished': [
    bad(inFile('src/base/a.ts', `// ${'TO' + 'DO'}: finish`), /says/),
    bad(inFile('docs/a.md', 'x', `${'FIX' + 'ME'} later`), /:2 says/),
    fine({ 'src/base/a.ts': 'const todos = TODOS;', 'package-lock.json': 'TO' + 'DO' }),
  ],
  'nothing leads out of the repository': [
    bad(inFile('docs/a.md', `see ../${'shared'}/design`), /outside/),
    bad(inFile('src/base/a.ts', `// from ${'/work'}/x`), /outside/),
    bad(inFile('test/a.test.ts', `import '../../other/a.ts';`), /imports .*outside/),
    bad(inFile('docs/a.md', 'see ../../other/file.md'), /outside/),
    bad(inFile('README.md', 'see ../sibling'), /outside/),
    fine({
      'docs/decisions/a.md': 'see [x](../../src/base/a.ts) and ../b.md',
      'test/a.test.ts': `get('../../etc/passwd'); import '../src/base/a.ts';`,
      'README.md': 'https://example.com/networks/x and a/../b',
    }),
  ],
  'every document has one title': [
    bad(inFile('docs/a.md', '# One', '', '# Two'), /:3 has 2 titles/),
    bad(inFile('docs/a.md', 'text'), /has 0 titles/),
    bad(inFile('docs/a.md', '## Small', '# Title'), /heading before/),
    fine(inFile('docs/a.md', '# One', '```sh', '# a comment', '```', '## Two')),
  ],
  'links lead somewhere': [
    bad(inFile('docs/a.md', '# A', '[x](b.md)'), /:2 links to b.md/),
    bad(inFile('docs/a.md', '# A', '[x](#nowhere)'), /#nowhere/),
    bad({ 'README.md': '[x](docs/a.md#c)', 'docs/a.md': '# A' }, /docs\/a.md#c/),
    bad(inFile('README.md', '![x](picture.png)'), /picture.png/),
    fine({
      'README.md': '[x](docs/a.md#b--and-c) [y](docs/) [z](https://x.org/a) [w](#me)\n## Me',
      'docs/a.md': '# A\n## B & `and` C\n[up](../README.md)\n```\n[x](nope.md)\n```',
    }),
  ],
  'documents name files that exist': [
    bad({ 'ARCHITECTURE.md': 'see `src/gone.ts`', 'src/main.ts': '' }, /names src\/gone.ts/),
    bad({ 'docs/a.md': 'see `src/attic/`', 'src/main.ts': '' }, /names src\/attic/),
    fine({
      'docs/a.md': '`src/main.ts` `src/` `other/x.ts` `src/<room>/x` `application/xml`',
      'docs/decisions/1.md': '`src/gone.ts`',
      'src/main.ts': '',
    }),
  ],
  'every claim of compatibility has its test': [
    bad(
      inFile('COMPATIBILITY.md', '| a | same | `test/a.ts`: a name |'),
      /not there: `test\/a.ts`/,
    ),
    bad(
      { 'COMPATIBILITY.md': '| a | same | `t.ts`: one · `t.ts`: two |', 't.ts': "test('one')" },
      /:1 names a test that is not there: `t.ts`: two/,
    ),
    bad(inFile('COMPATIBILITY.md', '| a | same | nothing |'), /names no test/),
    fine({
      'COMPATIBILITY.md': '| behaviour | test |\n|---|---|\n| a | `t.ts`: one |',
      't.ts': "test('number one is here')",
    }),
    bad(
      inFile(
        'docs/OPERATING.md',
        '| what | size |\n|---|---|\n| a | 1 |\n\n| what | test |\n|---|---|\n| a | b |',
      ),
      /OPERATING\.md:7 names no test/,
    ),
    bad(
      inFile('docs/OPERATING.md', '| failure | test  |\n| --- | --- |\n| a | `t.ts`: gone |'),
      /OPERATING\.md:3 names a test that is not there: `t.ts`: gone/,
    ),
    bad(
      inFile('docs/SECURITY.md', '| promise | test |\n|---|---|\n| a | b |'),
      /SECURITY\.md:3 names no test/,
    ),
    fine({
      'docs/OPERATING.md':
        '| a | test |\n|---|---|\n| a | `t.ts`: one |\n\n| a | b |\n|---|---|\n| c | d |',
      't.ts': "test('number one is here')",
    }),
  ],
  'published files exist': [
    bad({ 'package.json': '{"files":["bin","dist","README.md"]}', 'bin/a.js': '' }, /README.md/),
    fine({ 'package.json': '{"files":["bin","dist"]}', 'bin/a.js': '' }),
  ],
  'the map shows the house as it is': [
    { plan: SMALL, files: SMALL_FILES, finds: [/does not exist/] },
    {
      plan: SMALL,
      files: { ...SMALL_FILES, ...smallMap(...SMALL_TABLE.slice(0, 4), ...SMALL_TABLE.slice(5)) },
      finds: [/lacks '0 base'/],
    },
    {
      plan: SMALL,
      files: { ...SMALL_FILES, ...smallMap(...SMALL_TABLE, '| 3 | `attic/` | x |') },
      finds: [/has '3 attic'/],
    },
    {
      plan: SMALL,
      files: {
        ...SMALL_FILES,
        ...smallMap(...SMALL_TABLE.map((row) => row.replace('| 0 | `base', '| 1 | `base'))),
      },
      finds: [/lacks '0 base'/, /has '1 base'/],
    },
    {
      plan: SMALL,
      files: { ...SMALL_FILES, ...smallMap(...SMALL_TABLE), 'src/events/index.ts': '' },
      finds: [/events is built, not planned/],
    },
    {
      plan: SMALL,
      files: { 'src/main.ts': '', ...smallMap(...SMALL_TABLE) },
      finds: [/base is not built/, /cli is not built/],
    },
    {
      plan: SMALL,
      files: { ...SMALL_FILES, ...smallMap(...SMALL_TABLE), 'src/helpers.ts': '' },
      finds: [/src\/helpers.ts is not in the plan/],
    },
    { plan: SMALL, files: { ...SMALL_FILES, ...smallMap(...SMALL_TABLE) }, finds: [] },
  ],
};
