// Aim: what a function is handed, and what every answer of it makes of its task.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LambdaInvokeOperation } from '@aws-sdk/client-s3-control';
import fc from 'fast-check';
import type { Functions, Invoked } from '../../src/functions/index.ts';
import { failed, type Outcome, type Task } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { placeOn } from './place.ts';
import { FakeS3, problems, requestOf, SIGNAL, TASK } from './scene.ts';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:resize';
const JOB_ID = '00000000-1111-4222-8333-444444444444';

interface Event {
  readonly invocationSchemaVersion: string;
  readonly invocationId: string;
  readonly job: unknown;
  readonly tasks: readonly { readonly taskId: string }[];
}

/** A back end that notes its events and answers what it is told. */
class FakeFunctions implements Functions {
  readonly events: Event[] = [];
  readonly payloads: string[] = [];
  readonly #answer: (event: Event) => Invoked;

  constructor(answer: (event: Event) => unknown) {
    this.#answer = (event) => {
      const given = answer(event);
      const text = typeof given === 'string' ? given : JSON.stringify(given);
      return { kind: 'answered', payload: Buffer.from(text) };
    };
  }

  static of(invoked: Invoked): FakeFunctions {
    const functions = new FakeFunctions(() => '');
    functions.find = () => Promise.resolve(invoker(() => Promise.resolve(invoked)));
    return functions;
  }

  find: Functions['find'] = () =>
    Promise.resolve(
      invoker((payload) => {
        this.payloads.push(payload);
        const event = JSON.parse(payload) as Event;
        this.events.push(event);
        return Promise.resolve(this.#answer(event));
      }),
    );

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function invoker(invoke: (payload: string) => Promise<Invoked>) {
  return { ok: true, invoker: { invoke } } as const;
}

async function invoke(
  functions: Functions,
  more: Partial<LambdaInvokeOperation> = {},
  task: Task = TASK,
): Promise<Outcome> {
  const operation = { LambdaInvoke: { FunctionArn: ARN, ...more } };
  assert.deepEqual(problems(operation), []);
  const place = placeOn(new FakeS3(), { functions });
  const opened = await OPERATIONS.LambdaInvoke.open(requestOf(operation), place, SIGNAL);
  assert.ok(opened.ok);
  return opened.run(task, SIGNAL);
}

function answerTo(event: Event, result: object, more: object = {}): object {
  return {
    invocationSchemaVersion: event.invocationSchemaVersion,
    treatMissingKeysAs: 'PermanentFailure',
    invocationId: event.invocationId,
    results: [{ taskId: event.tasks[0]?.taskId, ...result }],
    ...more,
  };
}

const SUCCEEDED = { resultCode: 'Succeeded', resultString: 'done' };
const INVALID = 'Invalid JSON returned in Lambda payload';
const permanent = (message: string): Outcome => failed(200, 'PermanentFailure', message);

test('schema 1.0 is the default: bucket as ARN, no user arguments, the key as the manifest has it', async () => {
  const functions = new FakeFunctions((event) => answerTo(event, SUCCEEDED));
  assert.deepEqual(await invoke(functions), { ok: true, message: 'done' });
  const [event] = functions.events;
  assert.ok(event);
  const { invocationId } = event;
  assert.match(invocationId, /^[A-Za-z0-9+/]{32}$/);
  const taskId = event.tasks[0]?.taskId;
  const task = { taskId, s3Key: 'a%20b/%C3%BC%2B', s3VersionId: null };
  assert.equal(
    functions.payloads[0],
    JSON.stringify({
      invocationSchemaVersion: '1.0',
      invocationId,
      job: { id: JOB_ID },
      tasks: [{ ...task, s3BucketArn: 'arn:aws:s3:::source' }],
    }),
  );
});

test('schema 2.0 has the bucket by name and the user arguments, or null', async () => {
  const functions = new FakeFunctions((event) => answerTo(event, SUCCEEDED));
  const schema = { InvocationSchemaVersion: '2.0' };
  await invoke(functions, { ...schema, UserArguments: { k1: 'v1' } }, { ...TASK, versionId: 'v' });
  await invoke(functions, schema);
  const [first, second] = functions.events;
  assert.deepEqual(first?.job, { id: JOB_ID, userArguments: { k1: 'v1' } });
  assert.deepEqual(first?.tasks, [
    {
      taskId: first?.tasks[0]?.taskId,
      s3Key: TASK.manifestKey,
      s3VersionId: 'v',
      s3Bucket: 'source',
    },
  ]);
  assert.deepEqual(second?.job, { id: JOB_ID, userArguments: null });
});

test('a redriven task keeps its id, and every call has its own', async () => {
  const functions = new FakeFunctions((event) => answerTo(event, SUCCEEDED));
  const place = placeOn(new FakeS3(), { functions });
  const request = requestOf({ LambdaInvoke: { FunctionArn: ARN } });
  const opened = await OPERATIONS.LambdaInvoke.open(request, place, SIGNAL);
  assert.ok(opened.ok);
  for (const task of [TASK, TASK, { ...TASK, manifestKey: 'other' }, { ...TASK, versionId: 'v' }]) {
    await opened.run(task, SIGNAL);
  }
  const taskIds = functions.events.map(({ tasks }) => tasks[0]?.taskId);
  assert.equal(taskIds[0], taskIds[1]);
  assert.equal(new Set(taskIds).size, 3);
  assert.equal(new Set(functions.events.map(({ invocationId }) => invocationId)).size, 4);
});

test('the three result codes, with their strings', async () => {
  const run = (resultCode: string, resultString?: unknown): Promise<Outcome> =>
    invoke(new FakeFunctions((event) => answerTo(event, { resultCode, resultString })));
  assert.deepEqual(await run('Succeeded', 'ok ü'), { ok: true, message: 'ok ü' });
  assert.deepEqual(await run('Succeeded'), { ok: true, message: '' });
  assert.deepEqual(await run('PermanentFailure', 'no'), permanent('no'));
  assert.deepEqual(await run('TemporaryFailure', 'wait'), {
    ...failed(200, 'TemporaryFailure', 'wait', 'later'),
    isOwn: true,
  });
  assert.deepEqual(await run('succeeded', 'x'), permanent(INVALID));
  assert.deepEqual(await run('Succeeded', { nested: true }), permanent(INVALID));
});

test('a long result string is cut, not through the middle of a character', async () => {
  const resultString = `${'x'.repeat(9996)}😀😀😀`;
  const outcome = await invoke(
    new FakeFunctions((event) => answerTo(event, { ...SUCCEEDED, resultString })),
  );
  assert.ok(outcome.ok);
  assert.equal(outcome.message.length, 10_000);
  assert.ok(outcome.message.isWellFormed());
});

test('a missing task is what treatMissingKeysAs says, by default worth a redrive', async () => {
  const run = (more: object): Promise<Outcome> =>
    invoke(new FakeFunctions((event) => ({ ...answerTo(event, SUCCEEDED), ...more })));
  const stranger = [{ taskId: 'of nobody', ...SUCCEEDED }];
  const message = 'The answer of the function holds no result for this task';
  for (const results of [[], stranger]) {
    const byDefault = await run({ results, treatMissingKeysAs: undefined });
    assert.deepEqual(byDefault, {
      ...failed(200, 'TemporaryFailure', message, 'later'),
      isOwn: true,
    });
    assert.deepEqual(await run({ results }), permanent(message));
    assert.equal((await run({ results, treatMissingKeysAs: 'Succeeded' })).ok, true);
  }
  assert.deepEqual(await run({ treatMissingKeysAs: 'Maybe' }), permanent(INVALID));
});

test('what does not echo the call, or answers twice, is no answer', async () => {
  const run = (more: object): Promise<Outcome> =>
    invoke(new FakeFunctions((event) => answerTo(event, SUCCEEDED, more)));
  assert.deepEqual(
    await run({ invocationId: 'another' }),
    permanent(`${INVALID}: it does not echo the invocation id`),
  );
  assert.deepEqual(
    await run({ invocationSchemaVersion: '2.0' }),
    permanent(`${INVALID}: it does not echo the schema version`),
  );
  const twice = new FakeFunctions((event) => {
    const result = { taskId: event.tasks[0]?.taskId, ...SUCCEEDED };
    return answerTo(event, SUCCEEDED, { results: [result, result] });
  });
  assert.deepEqual(
    await invoke(twice),
    permanent(`${INVALID}: it holds several results for the task`),
  );
});

test('answers that are not of the shape have the text of AWS', async () => {
  for (const answer of ['', 'ok', '"ok"', 'null', '[]', '{}', '{"results":[]}', '\u0000\uffff']) {
    assert.deepEqual(await invoke(new FakeFunctions(() => answer)), permanent(INVALID), answer);
  }
});

test('any answer makes a clean outcome', async () => {
  const members = fc.record(
    {
      invocationSchemaVersion: fc.constantFrom('1.0', '2.0', 1, null),
      treatMissingKeysAs: fc.constantFrom('Succeeded', 'PermanentFailure', 'x', null, 3),
      invocationId: fc.constantFrom('ECHO', 'other', 7),
      results: fc.oneof(
        fc.anything(),
        fc.array(
          fc.record({
            taskId: fc.constantFrom('ECHO', 'other', 3),
            resultCode: fc.constantFrom('Succeeded', 'TemporaryFailure', 'PermanentFailure', 'x'),
            resultString: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
          }),
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const answers = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    members.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  );
  await fc.assert(
    fc.asyncProperty(answers, async (bytes) => {
      const functions = new FakeFunctions((event) =>
        bytes
          .toString('utf8')
          .replaceAll('"invocationId":"ECHO"', `"invocationId":"${event.invocationId}"`)
          .replaceAll('"taskId":"ECHO"', `"taskId":"${event.tasks[0]?.taskId}"`),
      );
      const outcome = await invoke(functions);
      assert.ok(outcome.message.length <= 10_000 && outcome.message.isWellFormed());
      if (outcome.ok) return;
      assert.ok(['TemporaryFailure', 'PermanentFailure'].includes(outcome.code));
      assert.equal(outcome.httpStatus, 200);
      assert.equal(outcome.again, outcome.code === 'TemporaryFailure' ? 'later' : 'never');
    }),
    { numRuns: 500 },
  );
});

test('an error of the function is permanent, with status 200 and what it said', async () => {
  const error = '{"errorMessage":"Task timed out after 3.00 seconds"}';
  assert.deepEqual(
    await invoke(FakeFunctions.of({ kind: 'function-error', error })),
    permanent(`Lambda returned function error: ${error}`),
  );
});

test('a function that was not reached is what its back end says', async () => {
  const outcome = failed(429, 'TooManyRequestsException', 'Rate Exceeded.', 'slow-down');
  assert.deepEqual(await invoke(FakeFunctions.of({ kind: 'failed', outcome })), outcome);
});

test('a function that nothing reaches fails the job before its first task', async () => {
  const request = requestOf({ LambdaInvoke: { FunctionArn: ARN } });
  const opened = await OPERATIONS.LambdaInvoke.open(request, placeOn(new FakeS3()), SIGNAL);
  assert.ok(!opened.ok && opened.again === undefined);
  assert.match(
    opened.reason,
    /^There is no function resize here: register it in BRIGADE_FUNCTIONS/,
  );
  assert.ok(opened.reason.length <= 256);
});

test('parameters that cannot be accepted are named', () => {
  const of = (LambdaInvoke: LambdaInvokeOperation): string[] => problems({ LambdaInvoke });
  const FIELD = 'Operation.LambdaInvoke';
  assert.deepEqual(of({}), [`${FIELD}.FunctionArn: is required`]);
  assert.deepEqual(of({ FunctionArn: 'a:b:c:d' }), [
    `${FIELD}.FunctionArn: must be the name or the ARN of a function`,
  ]);
  assert.deepEqual(of({ FunctionArn: ARN, InvocationSchemaVersion: '3.0' }), [
    `${FIELD}.InvocationSchemaVersion: must be 1.0 or 2.0`,
  ]);
  const needs = `${FIELD}.UserArguments: needs InvocationSchemaVersion 2.0; the older schema has no room for it`;
  assert.deepEqual(of({ FunctionArn: ARN, UserArguments: { a: 'b' } }), [needs]);
  const old = { InvocationSchemaVersion: '1.0', UserArguments: { a: 'b' } };
  assert.deepEqual(of({ FunctionArn: ARN, ...old }), [needs]);
  const [unknown = ''] = of({ FunctionArn: 'brigade-destroy', InvocationSchemaVersion: '2.0' });
  assert.match(unknown, /^Operation.LambdaInvoke.FunctionArn: is not there: .*brigade-delete/);
});
