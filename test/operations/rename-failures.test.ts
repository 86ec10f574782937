// Aim: a rename that is interrupted at any request keeps the object, says what it left, and goes on
// where it was when it is tried again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import { OPERATIONS, type RunTask } from '../../src/operations/index.ts';
import type { S3Answer, S3Request } from '../../src/s3/index.ts';
import { placeOn } from './place.ts';
import { answer, FakeS3, requestOf, SIGNAL, TASK } from './scene.ts';

interface Held {
  readonly etag: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A store that keeps ETags, with a fault of choice before or after it did what it was asked. */
class Shelf {
  readonly objects = new Map<string, Held>();
  /** Asked before every request: an answer stands for the store's own. */
  before: (request: S3Request) => S3Answer | undefined = () => undefined;
  /** Asked after: an answer hides what was done. */
  after: (request: S3Request) => S3Answer | undefined = () => undefined;
  readonly s3 = new FakeS3((request) => this.#answer(request));

  #answer(request: S3Request): S3Answer {
    const fault = this.before(request);
    if (fault !== undefined) return fault;
    const done = this.#do(request);
    return this.after(request) ?? done;
  }

  #do({ method, key = '', query, headers = {} }: S3Request): S3Answer {
    const held = this.objects.get(key);
    if (query?.['acl'] !== undefined) {
      return answer(200, '<AccessControlPolicy></AccessControlPolicy>');
    }
    if (method === 'HEAD') {
      if (held === undefined) return answer(404);
      return answer(200, '', { 'content-length': '3', etag: held.etag, ...held.headers });
    }
    if (method === 'DELETE') {
      this.objects.delete(key);
      return answer(204);
    }
    const source = this.objects.get(TASK.key);
    assert.ok(method === 'PUT' && source);
    if (headers['if-none-match'] === '*' && held !== undefined) return answer(412);
    this.objects.set(key, source);
    return answer(200, '<CopyObjectResult></CopyObjectResult>');
  }
}

async function openRename(shelf: Shelf, args: Record<string, string> = {}): Promise<RunTask> {
  const UserArguments = { key: 'new', ...args };
  const LambdaInvoke = { FunctionArn: 'brigade-rename', UserArguments };
  const request = requestOf({ LambdaInvoke });
  const opened = await OPERATIONS.LambdaInvoke.open(request, placeOn(shelf.s3), SIGNAL);
  assert.ok(opened.ok);
  return opened.run;
}

function stocked(): Shelf {
  const shelf = new Shelf();
  shelf.objects.set(TASK.key, { etag: '"a"' });
  return shelf;
}

const isCopy = ({ headers }: S3Request): boolean => headers?.['x-amz-copy-source'] !== undefined;

test('whichever request gets no answer, the object survives, and a retry ends the rename', async () => {
  const whole = stocked();
  await (
    await openRename(whole)
  )(TASK, SIGNAL);
  const requests = whole.s3.requests.length;
  assert.ok(requests >= 6);
  for (const isDone of [false, true]) {
    for (let index = 0; index < requests; index++) {
      const shelf = stocked();
      let count = 0;
      const lost = (): S3Answer | undefined => (count++ === index ? answer(500) : undefined);
      if (isDone) shelf.after = lost;
      else shelf.before = lost;
      const run = await openRename(shelf);
      let outcome = await run(TASK, SIGNAL);
      assert.ok(!outcome.ok, `request ${index}`);
      assert.ok(shelf.objects.size > 0);
      outcome = await run(TASK, SIGNAL);
      assert.ok(outcome.ok, `request ${index}: ${outcome.message}`);
      assert.deepEqual([...shelf.objects.keys()], ['new']);
    }
  }
});

async function outcomeWith(shelf: Shelf, task: Task = TASK): Promise<Outcome> {
  return (await openRename(shelf))(task, SIGNAL);
}

test('a deletion that is refused says that both exist', async () => {
  const shelf = stocked();
  shelf.before = ({ method }) =>
    method === 'DELETE'
      ? answer(403, '<Error><Code>AccessDenied</Code><Message>locked</Message></Error>')
      : undefined;
  const outcome = await outcomeWith(shelf);
  assert.ok(!outcome.ok);
  assert.deepEqual(
    [outcome.httpStatus, outcome.code, outcome.again],
    [403, 'AccessDenied', 'never'],
  );
  assert.equal(
    outcome.message,
    'The object was copied to new, but not deleted, so both exist: locked',
  );
  assert.equal(shelf.objects.size, 2);
});

test('a source that is written again meanwhile is not deleted', async () => {
  const shelf = stocked();
  shelf.after = (request) => {
    if (isCopy(request)) shelf.objects.set(TASK.key, { etag: '"b"' });
    return undefined;
  };
  const outcome = await outcomeWith(shelf);
  assert.ok(!outcome.ok && outcome.code === 'SourceChanged', outcome.message);
  assert.deepEqual(shelf.objects.get(TASK.key), { etag: '"b"' });
});

test('a copy that is not whole keeps its source', async () => {
  const shelf = stocked();
  shelf.objects.set(TASK.key, { etag: '"a"', headers: { 'x-amz-meta-colour': 'blue' } });
  shelf.after = (request) => {
    if (isCopy(request)) shelf.objects.set('new', { etag: '"a"' });
    return undefined;
  };
  const outcome = await outcomeWith(shelf);
  assert.ok(!outcome.ok && outcome.code === 'CopyNotFaithful', outcome.message);
  assert.match(outcome.message, /the copy does not show the right x-amz-meta-colour/);
  assert.ok(shelf.objects.has(TASK.key));
});

test('a target that appears between looking and copying is not overwritten', async () => {
  const shelf = stocked();
  shelf.before = (request) => {
    if (isCopy(request)) shelf.objects.set('new', { etag: '"other"' });
    return undefined;
  };
  const outcome = await outcomeWith(shelf);
  assert.ok(!outcome.ok && outcome.httpStatus === 412, outcome.message);
  assert.deepEqual(shelf.objects.get('new'), { etag: '"other"' });
  assert.ok(shelf.objects.has(TASK.key));
});

test('a locked version is not touched', async () => {
  const locked = stocked();
  const headers = {
    'x-amz-object-lock-mode': 'COMPLIANCE',
    'x-amz-object-lock-retain-until-date': '2999-01-01T00:00:00Z',
  };
  locked.objects.set(TASK.key, { etag: '"a"', headers });
  const refused = await outcomeWith(locked, { ...TASK, versionId: 'v' });
  assert.ok(!refused.ok && refused.code === 'AccessDenied', refused.message);
  assert.ok(locked.s3.requests.every(({ method }) => method === 'HEAD'));
});

test('a job that has stopped begins no copy', async () => {
  const shelf = stocked();
  const stopped = AbortSignal.abort();
  const outcome = await (await openRename(shelf))(TASK, stopped);
  assert.ok(!outcome.ok && outcome.again === 'later');
  assert.ok(shelf.s3.requests.every(({ method }) => method === 'HEAD'));
});
