// Aim: which tasks of a chunk start, when, and what each ends as; on a clock that only the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { Gate } from '../../src/engine/gate.ts';
import { HeldLeases } from '../../src/engine/held-lease.ts';
import { ENGINE_DEFAULTS } from '../../src/engine/index.ts';
import { runTasks } from '../../src/engine/run-tasks.ts';
import { Meters } from '../../src/metrics/index.ts';
import { failed, type Outcome, type Task } from '../../src/model/outcome.ts';
import type { RunTask } from '../../src/operations/index.ts';
import type { Store } from '../../src/store/index.ts';

const DONE: Outcome = { ok: true, message: 'Successful' };
const NO_VERSION = failed(400, 'InvalidRequest', 'Task failed due to missing VersionId');
const SLOW_DOWN = failed(503, 'SlowDown', 'Slow down.', 'slow-down');

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

const taskOf = (row: number, more: Partial<Task> = {}): Task => {
  return { bucket: 'b', key: `${row}`, manifestKey: `${row}`, ...more };
};

/** A worker with one chunk, and tasks that end when the test says so. */
function scene({
  inFlight = 4,
  requestsMax = 4,
  tags = [] as { Key: string; Value: string }[],
} = {}) {
  const clock = new ManualClock();
  const meters = new Meters();
  const gate = new Gate(clock, inFlight);
  const options = { ...ENGINE_DEFAULTS, worker: 'w', requestsMax };
  const rest = { clock, meters, gate, options, log: silentLog, random: seededRandom(1) };
  // Running tasks asks for nothing else.
  const context = { ...rest, surprised: new Set() } as unknown as EngineContext;
  let status: 'Active' | 'Cancelling' | 'Pausing' = 'Active';
  let isSilent = false;
  const lease = { jobId: 'j', kind: 'chunk', seq: 0, fence: 1, worker: 'w', until: 1e15 } as const;
  const store: Pick<Store, 'renew'> = {
    renew: async () => {
      if (isSilent) throw new Error('The store is silent.');
      return [{ lease, status, tags, workers: ['w'], held: true }];
    },
  };
  // Nothing else of it is called.
  const leases = new HeldLeases(
    { store: store as Store, ...rest },
    { leaseMs: 10_000, turnRows: 3 },
  );
  const held = leases.hold(lease, tags, clock.monotonic());
  const started: string[] = [];
  const ends = new Map<string, (outcome: Outcome | Error) => void>();
  const run: RunTask = ({ key }) =>
    new Promise((resolve, reject) => {
      started.push(key);
      ends.set(key, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    });
  const meter = meters.tasks('S3PutObjectTagging');
  const running = { run, missingVersion: NO_VERSION, isAlive: undefined, meter };
  let outcomes: readonly (Outcome | undefined)[] | undefined;
  return {
    started,
    gate,
    held,
    /** Undefined until the chunk has ended. */
    outcomes: () => outcomes && Array.from(outcomes),
    async begin(tasks: readonly Task[]): Promise<void> {
      void runTasks(tasks, running, held, context).then((all) => (outcomes = all));
      await settle();
    },
    async end(row: number, outcome: Outcome | Error = DONE): Promise<void> {
      const end = ends.get(`${row}`);
      assert.ok(end, `task ${row} has not started`);
      end(outcome);
      await settle();
    },
    /** With heartbeats, as often as an engine has them. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 100) {
        if (passed % 300 === 0) await leases.beat();
        clock.advance(100);
        await settle();
      }
    },
    async become(next: typeof status): Promise<void> {
      status = next;
      await leases.beat();
    },
    silence(is: boolean): void {
      isSilent = is;
    },
  };
}

test('tasks start in order, as many as the gate lets in, and their outcomes keep their places', async () => {
  const { started, begin, end, outcomes, gate } = scene({ inFlight: 2 });
  await begin([0, 1, 2, 3].map((row) => taskOf(row)));
  assert.deepEqual(started, ['0', '1']);
  await end(1, failed(404, 'NoSuchKey', 'It is not there.'));
  assert.deepEqual(started, ['0', '1', '2']);
  await end(2);
  await end(3);
  assert.equal(outcomes(), undefined);
  await end(0);
  assert.deepEqual(
    outcomes()?.map((outcome) => outcome?.ok),
    [true, false, true, true],
  );
  assert.equal(gate.inFlight, 0);
});

test('chunks that share a gate take turns', async () => {
  const one = scene({ inFlight: 1 });
  await one.begin([0, 1, 2].map((row) => taskOf(row)));
  // A second chunk of the same worker waits in the same line.
  await one.begin([10, 11].map((row) => taskOf(row)));
  for (const row of [0, 1, 10, 2]) await one.end(row);
  assert.deepEqual(one.started, ['0', '1', '10', '2', '11']);
});

test('an endpoint that refuses everything is asked for no more tasks than may be open', async () => {
  const { started, begin, end, pass } = scene({ inFlight: 64, requestsMax: 3 });
  await begin(Array.from({ length: 50 }, (_, row) => taskOf(row)));
  for (const row of [0, 1, 2]) await end(row, SLOW_DOWN);
  await pass(3000);
  assert.ok(started.length > 3, 'they are tried again');
  assert.deepEqual([...new Set(started)], ['0', '1', '2']);
});

test('when its turn is over a chunk starts nothing more, and the rest of it is left', async () => {
  const { started, begin, end, pass, outcomes } = scene({ requestsMax: 2 });
  await begin(Array.from({ length: 50 }, (_, row) => taskOf(row)));
  for (const row of [0, 1, 2]) await end(row);
  await pass(1500);
  await end(3);
  assert.equal(started.length, 6);
  await pass(1000);
  await end(4);
  assert.equal(started.length, 6);
  assert.equal(outcomes(), undefined, 'what is under way ends');
  await end(5);
  const ended = outcomes()?.map((outcome) => outcome?.ok);
  assert.deepEqual(
    ended,
    Array.from({ length: 50 }, (_, row) => (row < 6 ? true : undefined)),
  );
});

test('a job that stops starts nothing more, not even rows that need no request', async () => {
  const { started, begin, end, become, outcomes, pass } = scene({ inFlight: 1 });
  await begin([taskOf(0), taskOf(1), taskOf(2, { versionId: '' })]);
  await become('Cancelling');
  await pass(200);
  assert.equal(outcomes(), undefined, 'what is in flight is waited for');
  await end(0);
  assert.deepEqual(started, ['0']);
  assert.deepEqual(outcomes(), [DONE, undefined, undefined]);
});

test('a row that waits for its next try ends as its last one did when the job stops for good', async () => {
  for (const [status, expected] of [
    ['Cancelling', SLOW_DOWN],
    ['Pausing', undefined],
  ] as const) {
    const { begin, end, become, outcomes } = scene();
    await begin([taskOf(0)]);
    await end(0, SLOW_DOWN);
    await become(status);
    await settle();
    assert.deepEqual(outcomes(), [expected], status);
  }
});

test('a row without its version ends without a request', async () => {
  const { started, begin, end, outcomes } = scene();
  await begin([taskOf(0, { versionId: '' }), taskOf(1, { versionId: 'v' })]);
  assert.deepEqual(started, ['1']);
  await end(1);
  assert.deepEqual(outcomes(), [NO_VERSION, DONE]);
});

test('a bug that one row brings to light costs that row', async () => {
  const { begin, end, outcomes, gate } = scene({ inFlight: 1 });
  await begin([taskOf(0), taskOf(1)]);
  await end(0, new Error('A bug.'));
  await end(1);
  const [first, second] = outcomes() ?? [];
  assert.ok(first?.ok === false && first.code === 'InternalError' && /A bug/.test(first.message));
  assert.deepEqual(second, DONE);
  assert.equal(gate.inFlight, 0);
});

test('while the store is silent nothing starts; when it answers again work goes on', async () => {
  const { started, begin, end, silence, pass, outcomes } = scene({ inFlight: 1 });
  await begin([taskOf(0), taskOf(1)]);
  silence(true);
  await pass(1500);
  await end(0);
  assert.deepEqual(started, ['0']);
  silence(false);
  await pass(300);
  assert.deepEqual(started, ['0', '1']);
  await end(1);
  assert.deepEqual(outcomes(), [DONE, DONE]);
});

test('a limit of the job holds whatever the gate allows', async () => {
  const { started, begin, end, pass, outcomes } = scene({
    tags: [{ Key: 'brigade:concurrency', Value: '1' }],
  });
  await begin([taskOf(0), taskOf(1), taskOf(2)]);
  await pass(600);
  assert.deepEqual(started, ['0']);
  await end(0);
  assert.deepEqual(started, ['0', '1']);
  await end(1);
  await end(2);
  assert.deepEqual(outcomes(), [DONE, DONE, DONE]);
});

test('a limit of time ends an attempt, and its request counts as in flight until it ends', async () => {
  const { begin, end, pass, gate } = scene({
    inFlight: 1,
    tags: [{ Key: 'brigade:task-timeout', Value: '1' }],
  });
  await begin([taskOf(0), taskOf(1)]);
  await pass(1500);
  assert.equal(gate.inFlight, 1);
  await end(0);
  await pass(100);
  assert.equal(gate.inFlight, 1, 'the next one has taken its place');
});
