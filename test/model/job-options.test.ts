import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkJobOptions, jobOptionsOf } from '../../src/model/job-options.ts';

const tag = (name: string, Value: string) => ({ Key: `brigade:${name}`, Value });
const problem = (name: string, value: string): string | undefined =>
  checkJobOptions([tag(name, value)])[0]?.message;

test('options are read from the tags of a job, beside tags that are none of ours', () => {
  const tags = [
    { Key: 'team', Value: 'storage' },
    tag('max-tasks-per-second', '0.5'),
    tag('concurrency', '4096'),
    tag('task-timeout', '90'),
    tag('dry-run', 'true'),
    tag('retry', 'all'),
    tag('encryption', 'copy-in-place'),
  ];
  assert.deepEqual(checkJobOptions(tags), []);
  assert.deepEqual(jobOptionsOf(tags), {
    maxTasksPerSecond: 0.5,
    concurrency: 4096,
    taskTimeout: 90,
    dryRun: true,
    retry: 'all',
    encryption: 'copy-in-place',
  });
});

test('values outside an option’s space are refused with what would do', () => {
  for (const value of ['', '0', '-1', '1e3', 'x', ' 1', 'Infinity', '0.0']) {
    assert.match(problem('max-tasks-per-second', value) ?? '', /^must be a number above zero, for/);
    assert.match(problem('task-timeout', value) ?? '', /^must be a number of seconds above zero/);
  }
  for (const value of ['', '0', '4097', '1.5', '-3', 'all']) {
    assert.match(problem('concurrency', value) ?? '', /^must be a whole number between 1 and 4096/);
  }
  for (const value of ['', 'yes', 'True', '1']) {
    assert.match(problem('dry-run', value) ?? '', /^must be true or false/);
  }
  assert.match(problem('retry', 'some') ?? '', /^must be failed or all/);
});

test('a misspelt option does not pass for a tag', () => {
  assert.match(problem('Concurrency', '5') ?? '', /^brigade:Concurrency is no option; there are/);
  assert.match(problem('', '5') ?? '', /^brigade: is no option/);
});

test('what was accepted is read, what cannot be read counts as absent', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('max-tasks-per-second', 'concurrency', 'task-timeout', 'dry-run', 'retry'),
      fc.oneof(fc.string(), fc.double().map(String), fc.nat().map(String)),
      (name, value) => {
        const found = Object.keys(jobOptionsOf([tag(name, value)])).length;
        assert.equal(found === 1, problem(name, value) === undefined);
      },
    ),
  );
});

test('a settled option may be repeated and left out, and not changed', () => {
  const dry = [tag('dry-run', 'true')];
  assert.deepEqual(checkJobOptions(dry, dry), []);
  assert.deepEqual(checkJobOptions([], dry), []);
  assert.deepEqual(checkJobOptions([tag('dry-run', 'false')], []), []);
  const settled = 'brigade:dry-run is settled when the job is created';
  assert.equal(checkJobOptions(dry, [])[0]?.message, settled);
  assert.equal(checkJobOptions([tag('dry-run', 'false')], dry)[0]?.message, settled);
});
