// Aim: the table of commands is sound by itself. What its help shows as an example is understood,
// and every verb makes a request that the API takes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { completionOf } from '../../cli/completion.ts';
import { commandPage, helpPage } from '../../cli/help.ts';
import { generatorOf } from '../../cli/list.ts';
import { findCommand, readWords } from '../../cli/parse.ts';
import { reportOf, requestOf } from '../../cli/request.ts';
import { TABLE } from '../../cli/table.ts';
import { VERBS } from '../../cli/verbs.ts';
import { plannedJob } from '../../src/api/index.ts';
import { OPERATION_NAMES } from '../../src/model/vocabulary.ts';

/** As a shell splits them: bash itself does it. */
function words(line: string): string[] {
  const script = `brigade() { printf '%s\\0' "$@"; }; aws() { :; }; source() { :; }\n${line}`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

test('every command has a page of help, and its examples are understood', () => {
  for (const command of TABLE) {
    const page = commandPage(command);
    assert.ok(page.includes(`${command.summary}.`), command.name);
    for (const name of Object.keys(command.options ?? {})) assert.ok(page.includes(`--${name}`));
    for (const example of command.examples ?? []) {
      assert.ok(page.includes(example), example);
      // Those that write a file or are another command's have nothing to take apart.
      if (/>|source/.test(example)) continue;
      const found = findCommand(TABLE, words(example));
      assert.ok(found, example);
      assert.equal(found.command.name.split(' ')[0], command.name.split(' ')[0], example);
      readWords(found.command, found.rest);
    }
  }
});

test('the first page names every group and the exit codes', () => {
  const page = helpPage(TABLE);
  for (const word of ['serve', 'run <what>', 'jobs <what>', 'retry-failed', 'completion']) {
    assert.ok(page.includes(word), word);
  }
  assert.match(page, /2 the job is complete and some tasks failed; 64 wrong usage/);
});

test('every verb makes a request that CreateJob takes, and together they make every operation', () => {
  const made = VERBS.map((verb) => {
    const line = `brigade run ${verb.name} --list s3://photos/2026/ ${verb.example}`;
    const found = findCommand(TABLE, words(line));
    assert.ok(found);
    const given = readWords(found.command, found.rest);
    const request = requestOf(verb, given, {
      list: { ManifestGenerator: generatorOf('s3://photos/2026/', given) },
      report: reportOf({ bucket: 'photos', key: 'reports/' }, 'all'),
      account: '123456789012',
      token: 'token',
      // A module's path is no name of a function; run gives it one.
      ...(verb.name === 'invoke' ? { operation: { LambdaInvoke: { FunctionArn: 'f' } } } : {}),
    });
    const { AccountId: _, ...body } = request;
    const job = plannedJob(JSON.parse(JSON.stringify(body)) as object, '123456789012', {
      manifestFormats: [],
      generator: true,
    });
    return Object.keys(job.Operation ?? {})[0];
  });
  for (const name of OPERATION_NAMES) assert.ok(made.includes(name), name);
});

test('bash completes commands, options and the values that an option may have', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-completion-'));
  try {
    const script = join(folder, 'completion.bash');
    writeFileSync(script, completionOf('bash', TABLE));
    const completed = (...line: string[]): string[] => {
      const typed = line.map((word) => `'${word}'`).join(' ');
      const ask = `source ${script}; COMP_WORDS=(${typed}); COMP_CWORD=${line.length - 1}; _brigade; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', ask], { cwd: folder, encoding: 'utf8' })
        .split('\n')
        .filter(Boolean);
    };
    assert.deepEqual(completed('brigade', 'wor'), ['worker']);
    assert.deepEqual(completed('brigade', 'jobs', 're'), ['resume', 'retry-failed', 'report']);
    assert.deepEqual(completed('brigade', 'run', 'legal-hold', '--sta'), ['--status']);
    assert.deepEqual(completed('brigade', 'run', 'legal-hold', '--status', 'O'), ['ON', 'OFF']);
    assert.deepEqual(completed('brigade', 'jobs', 'create', 'merge'), ['merge-tags']);
    assert.deepEqual(completed('brigade', 'run', 'tag', '--manifest', 'compl'), [
      'completion.bash',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('completion for zsh and fish names every command', () => {
  const [zsh, fish] = [completionOf('zsh', TABLE), completionOf('fish', TABLE)];
  assert.match(zsh, /bashcompinit\n.*_brigade\(\) \{/s);
  for (const { name } of TABLE) {
    const last = name.split(' ').at(-1) ?? '';
    assert.ok(fish.includes(last) && zsh.includes(last), name);
  }
});
