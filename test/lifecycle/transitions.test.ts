import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENT_BY, isTerminal, JOB_EVENTS, nextStatus } from '../../src/lifecycle/index.ts';
import { courseOf, UNITS_OF_STATUS, UNIT_KINDS } from '../../src/lifecycle/index.ts';
import { JOB_STATUSES } from '../../src/model/vocabulary.ts';

const GOLDEN = new URL('./golden/transitions.txt', import.meta.url);

/** Events down, statuses across: what a human reads before changing the table. */
function picture(): string {
  const line = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(37)}${cells.map((cell) => cell.padEnd(12)).join('')}`.trimEnd();
  const rows = JOB_EVENTS.map((event) =>
    line(
      `${event} (${EVENT_BY[event]})`,
      JOB_STATUSES.map((status) => nextStatus(status, event) ?? '.'),
    ),
  );
  return [line('', JOB_STATUSES), ...rows, ''].join('\n');
}

test('the table of transitions is the golden one', () => {
  assert.equal(picture(), readFileSync(GOLDEN, 'utf8'));
});

test('exactly Complete, Cancelled and Failed are terminal', () => {
  const ends = JOB_STATUSES.filter(isTerminal);
  assert.deepEqual(ends, ['Complete', 'Cancelled', 'Failed']);
});

test('every status can be reached from New, and every one that is not terminal can end', () => {
  const from = (start: (typeof JOB_STATUSES)[number]) => {
    const seen = new Set([start]);
    for (const status of seen) {
      for (const event of JOB_EVENTS) {
        const next = nextStatus(status, event);
        if (next) seen.add(next);
      }
    }
    return seen;
  };
  assert.equal(from('New').size, JOB_STATUSES.length);
  for (const status of JOB_STATUSES) assert.ok([...from(status)].some(isTerminal), status);
});

test('a confirmed job never returns to Suspended', () => {
  for (const status of JOB_STATUSES) {
    for (const event of JOB_EVENTS) {
      if (nextStatus(status, event) === 'Suspended') assert.equal(status, 'Preparing');
    }
  }
});

test('a user can cancel in every status in which the job has not begun to end', () => {
  const cancellable = JOB_STATUSES.filter((status) => nextStatus(status, 'CancelRequested'));
  assert.deepEqual(cancellable, [
    'New',
    'Preparing',
    'Suspended',
    'Ready',
    'Active',
    'Pausing',
    'Paused',
  ]);
});

test('a unit runs on only in a status that hands out its kind', () => {
  for (const status of JOB_STATUSES) {
    for (const kind of UNIT_KINDS) {
      const course = courseOf(status, kind);
      assert.equal(course === 'run', UNITS_OF_STATUS[status].includes(kind));
      if (status === 'Cancelling' && kind === 'chunk') assert.equal(course, 'stop');
      if (status === 'Pausing' && kind === 'chunk') assert.equal(course, 'pause');
    }
  }
});
