// Aim: a unit runs as its job's role or not at all; an outage of whoever gives out credentials is waited
// for, and a role that is gone keeps a job from its tasks, not from its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { Gate } from '../../src/engine/gate.ts';
import type { HeldLease } from '../../src/engine/held-lease.ts';
import { asJobsRole } from '../../src/engine/job-context.ts';
import { JobFailed, TryLater } from '../../src/engine/unit-errors.ts';
import type { Job } from '../../src/model/job.ts';
import { failed } from '../../src/model/outcome.ts';
import type { AsRole } from '../../src/roles/index.ts';
import { type S3, toOutcome } from '../../src/s3/index.ts';

const S3_OF_ROLE = {} as S3;
const GOOD: AsRole = { ok: true, s3: S3_OF_ROLE };
const REFUSED: AsRole = { ok: false, failure: failed(403, 'AccessDenied', 'The role is gone.') };
const AWAY: AsRole = {
  ok: false,
  failure: { ...failed(0, 'NoAnswer', 'STS is away.', 'later'), isOutage: true },
};

/** What becomes of a unit when the role answers so, one after the other, and then as the last time. */
async function unitOf(
  kind: 'prepare' | 'chunk' | 'report' | 'finish',
  answers: readonly AsRole[],
  { hasReport = false, leaveAfter = Infinity } = {},
): Promise<{ context: EngineContext; asked: number; waitedMs: number }> {
  const clock = new ManualClock();
  const startedAt = clock.now();
  const left = new AbortController();
  let asked = 0;
  clock.sleep = (ms) => Promise.resolve(clock.advance(ms));
  const roles = {
    s3Of: () => {
      if (++asked > leaveAfter) left.abort();
      return Promise.resolve(answers[asked - 1] ?? answers.at(-1) ?? assert.fail());
    },
  };
  // What is used of a context, a lease and a job here.
  const context = {
    ...{ clock, random: seededRandom(1), gate: new Gate(clock, 1), roles },
    options: { outageMs: 3_600_000 },
  } as unknown as EngineContext;
  const held = { lease: { kind }, left: left.signal } as unknown as HeldLease;
  const job = {
    request: { Report: { Enabled: hasReport } },
    ...{ tasksSucceeded: 1, tasksFailed: 0, failures: [] },
  } as unknown as Job;
  const as = await asJobsRole(job, held, context);
  return { context: as, asked, waitedMs: clock.now() - startedAt };
}

test('a unit is given the store as its role sees it', async () => {
  for (const kind of ['prepare', 'chunk', 'report', 'finish'] as const) {
    assert.equal((await unitOf(kind, [GOOD])).context.s3, S3_OF_ROLE);
  }
});

test('an outage of STS is waited for, up to the time that outages are given', async () => {
  const { context, asked } = await unitOf('chunk', [AWAY, AWAY, AWAY, GOOD]);
  assert.deepEqual([context.s3 === S3_OF_ROLE, asked], [true, 4]);
  await assert.rejects(unitOf('chunk', [AWAY]), (error) => {
    return error instanceof JobFailed && error.failure.code === 'RoleNotAssumable';
  });
});

test('a role that is refused fails the job with its reason, whatever the unit', async () => {
  for (const kind of ['prepare', 'chunk', 'report'] as const) {
    await assert.rejects(unitOf(kind, [REFUSED]), (error) => {
      assert.ok(error instanceof JobFailed);
      assert.deepEqual(error.failure, { code: 'RoleNotAssumable', reason: 'The role is gone.' });
      return true;
    });
  }
  await assert.rejects(unitOf('finish', [REFUSED], { hasReport: true }), JobFailed);
});

test('a job without a report ends without its role, and nothing is asked of the store', async () => {
  const { context } = await unitOf('finish', [REFUSED]);
  const outcome = toOutcome(await context.s3.send({ method: 'GET', bucket: 'b' }));
  assert.ok(!outcome.ok && outcome.httpStatus === 403 && outcome.message === 'The role is gone.');
  // While STS is only away, its end waits: there may be uploads to close.
  assert.equal((await unitOf('finish', [AWAY, GOOD])).context.s3, S3_OF_ROLE);
});

test('a job that stops meanwhile is neither failed nor begun', async () => {
  await assert.rejects(unitOf('chunk', [AWAY], { leaveAfter: 2 }), TryLater);
});
