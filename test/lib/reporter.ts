/**
 * A reporter of node:test for `run-files.ts`: one JSON line per test that began or ended, on file
 * descriptor 3, so that what tests print themselves cannot be mistaken for it.
 */
import { writeSync } from 'node:fs';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export interface TestLine {
  readonly kind: 'began' | 'ended';
  readonly name: string;
  /** A suite only gathers, unless it was skipped; a parent that failed because of its subtests fails for them. */
  readonly counts: boolean;
  readonly passed: boolean;
  /** The reason of a skip, or '' when there is none. */
  readonly skipped?: string;
  readonly error?: string;
}

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const trail: string[] = [];
  for await (const event of events) {
    const line = lineOf(event, trail);
    if (line !== undefined) writeSync(3, `${JSON.stringify(line)}\n`);
  }
  yield '';
}

/** `trail` holds the names from the outermost test to the one that began last. */
function lineOf(event: TestEvent, trail: string[]): TestLine | undefined {
  if (event.type === 'test:dequeue') {
    trail.splice(event.data.nesting, Infinity, event.data.name);
    return { kind: 'began', name: event.data.name, counts: false, passed: true };
  }
  if (event.type !== 'test:complete') return undefined;
  const { name, details, skip, nesting } = event.data;
  const error = details.passed ? undefined : details.error;
  const isForOthers = error !== undefined && failureType(error) === 'subtestsFailed';
  const isSkipped = skip !== undefined && skip !== false;
  const path = [...trail.slice(0, nesting), name].join(' > ');
  return {
    kind: 'ended',
    name: path,
    counts: (details.type !== 'suite' || isSkipped) && !isForOthers,
    passed: details.passed,
    ...(isSkipped ? { skipped: skip === true ? '' : skip } : {}),
    ...(error === undefined ? {} : { error: shown(error) }),
  };
}

function failureType(error: Error): unknown {
  return 'failureType' in error ? error.failureType : undefined;
}

/** The error as a person wants it: without the runner around it and without Node's own frames. */
function shown(error: Error): string {
  const cause = error.cause ?? error;
  const isAssertion = cause instanceof Error && cause.name === 'AssertionError';
  // An assertion's message holds the difference; its fields would only say it again.
  const text = isAssertion ? (cause.stack ?? cause.message) : inspect(cause, { depth: 6 });
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:/.test(line))
    .join('\n');
}
