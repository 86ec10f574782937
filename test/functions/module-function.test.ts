// Aim: whatever a function of ours does, its own call ends cleanly and the next one finds a thread.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { createFunctions, type Invoker, type Registration } from '../../src/functions/index.ts';

const FOLDER = join(import.meta.dirname, 'modules');

function moduleOf(file: string, more: object = {}): Registration {
  const path = join(FOLDER, file);
  return { kind: 'module', path, timeoutMs: 60_000, memoryMb: 64, threads: 2, ...more };
}

async function open(t: TestContext, file: string, more: object = {}): Promise<Invoker> {
  const functions = createFunctions({
    registered: { f: moduleOf(file, more) },
    environment: { ONLY: 'this' },
    clock: systemClock,
  });
  t.after(() => functions.close());
  const found = await functions.find('f');
  assert.ok(found.ok, found.ok ? '' : found.reason);
  return found.invoker;
}

async function answer(invoker: Invoker, told: object): Promise<unknown> {
  const invoked = await invoker.invoke(JSON.stringify(told));
  assert.equal(invoked.kind, 'answered', JSON.stringify(invoked));
  return invoked.kind === 'answered' ? JSON.parse(invoked.payload.toString()) : undefined;
}

async function error(invoker: Invoker, told: object): Promise<unknown> {
  const invoked = await invoker.invoke(JSON.stringify(told));
  assert.equal(invoked.kind, 'function-error', JSON.stringify(invoked));
  return invoked.kind === 'function-error' ? JSON.parse(invoked.error) : undefined;
}

test('a TypeScript module answers, with a context and an environment of its own', async (t) => {
  const f = await open(t, 'handlers.ts');
  assert.deepEqual(await answer(f, { do: 'answer', value: { ü: [1, null] } }), { ü: [1, null] });
  assert.equal(await answer(f, { do: 'nothing' }), null);
  assert.deepEqual(await answer(f, { do: 'context' }), { name: 'f', memory: '64' });
  assert.deepEqual(await answer(f, { do: 'environment' }), { ONLY: 'this' });
  const left = Number(await answer(f, { do: 'time' }));
  assert.ok(left > 0 && left <= 60_000);
});

test('a CommonJS module answers too', async (t) => {
  assert.equal(await answer(await open(t, 'common.cjs'), {}), 'from CommonJS');
});

test('what a function throws is its error', async (t) => {
  const f = await open(t, 'handlers.ts');
  const thrown = { errorMessage: 'as told', errorType: 'TypeError' };
  assert.deepEqual(await error(f, { do: 'throw' }), thrown);
  const text = { errorMessage: 'only text', errorType: 'string' };
  assert.deepEqual(await error(f, { do: 'throw text' }), text);
  assert.match(String(JSON.stringify(await error(f, { do: 'circle' }))), /circular/);
  assert.match(String(JSON.stringify(await error(f, { do: 'large' }))), /ResponseSizeTooLarge/);
  assert.equal(await answer(f, { do: 'answer', value: 'still there' }), 'still there');
});

test('a thread that dies fails its own call, and is replaced', async (t) => {
  const f = await open(t, 'handlers.ts', { threads: 1 });
  assert.equal(await answer(f, { do: 'calls' }), 1);
  assert.deepEqual(await error(f, { do: 'exit' }), {
    errorMessage: 'The function ended its process with exit code 7 before it answered',
    errorType: 'Runtime.ExitError',
  });
  // Waits in line while the dying one still has its place.
  const dying = error(f, { do: 'later' });
  const next = answer(f, { do: 'calls' });
  assert.deepEqual(await dying, { errorMessage: 'nobody catches this', errorType: 'Error' });
  assert.equal(await next, 1);
});

test('a function that never ends is cut off at its time', async (t) => {
  const f = await open(t, 'handlers.ts', { timeoutMs: 1000, threads: 2 });
  const timedOut = {
    errorMessage: 'Task timed out after 1.00 seconds',
    errorType: 'Sandbox.Timedout',
  };
  const ends = await Promise.all([error(f, { do: 'spin' }), error(f, { do: 'wait' })]);
  assert.deepEqual(ends, [timedOut, timedOut]);
  assert.equal(await answer(f, { do: 'calls' }), 1);
});

test('a function that eats its memory takes nothing else along', async (t) => {
  const f = await open(t, 'handlers.ts', { memoryMb: 32 });
  assert.deepEqual(await error(f, { do: 'eat' }), {
    errorMessage: 'The function needed more than its 32 MB of memory',
    errorType: 'Runtime.OutOfMemory',
  });
  assert.equal(await answer(f, { do: 'answer', value: 1 }), 1);
});

test('more calls than threads all get their own answer', async (t) => {
  const f = await open(t, 'handlers.ts');
  const values = Array.from({ length: 50 }, (_, index) => index);
  const answers = await Promise.all(values.map((value) => answer(f, { do: 'answer', value })));
  assert.deepEqual(answers, values);
});

test('a module that cannot be loaded is found out before any call', async (t) => {
  const registered = {
    none: moduleOf('no-handler.mjs'),
    broken: moduleOf('throws.mjs'),
    away: moduleOf('away.mjs'),
  };
  const functions = createFunctions({ registered, clock: systemClock });
  t.after(() => functions.close());
  const reasonOf = async (name: string): Promise<string> => {
    const found = await functions.find(name);
    return found.ok ? 'found' : found.reason;
  };
  assert.match(
    await reasonOf('none'),
    /^The function none could not be loaded: .* exports no handler/,
  );
  assert.match(await reasonOf('broken'), /could not be loaded: broken from the start\.$/);
  assert.match(await reasonOf('away'), /could not be loaded: Cannot find module/);
});

test('two jobs that open a function at once share its threads', async (t) => {
  const registered = { f: moduleOf('handlers.ts', { threads: 1 }) };
  const functions = createFunctions({ registered, clock: systemClock });
  t.after(() => functions.close());
  const [one, other] = await Promise.all([functions.find('f'), functions.find('f')]);
  assert.ok(one.ok && other.ok);
  assert.equal(await answer(one.invoker, { do: 'calls' }), 1);
  assert.equal(await answer(other.invoker, { do: 'calls' }), 2);
});

test('closing ends what still runs', async () => {
  const registered = { f: moduleOf('handlers.ts') };
  const functions = createFunctions({ registered, clock: systemClock });
  const found = await functions.find('f');
  assert.ok(found.ok);
  const running = error(found.invoker, { do: 'wait' });
  // The call is handed over before its thread can be ended.
  await new Promise((resolve) => setImmediate(resolve));
  await functions.close();
  const stopped = { errorMessage: 'The service stopped', errorType: 'Runtime.Stopped' };
  assert.deepEqual(await running, stopped);
});
