// Aim: whoever waits for a list that is being made is told how far it is, whatever the filter lets pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { ENGINE_DEFAULTS, type EngineContext } from '../../src/engine/context.ts';
import { Gate } from '../../src/engine/gate.ts';
import { openGenerated } from '../../src/engine/generate-list.ts';
import type { HeldLease } from '../../src/engine/held-lease.ts';
import type { S3 } from '../../src/s3/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { KeySpace } from '../listing/key-space.ts';
import { answer } from '../operations/scene.ts';

test('a listing that no object passes tells in the log how many keys were looked at', async () => {
  const manual = new ManualClock();
  // Every look at the clock is two seconds later.
  const clock: Clock = {
    now: () => manual.now(),
    sleep: () => Promise.resolve(),
    monotonic() {
      manual.advance(2000);
      return manual.monotonic();
    },
  };
  const told: { seen?: number }[] = [];
  const log = {
    ...silentLog,
    info(fields: object, message: string) {
      if (message === 'Listing goes on.') told.push(fields);
    },
  };
  const space = new KeySpace(Array.from({ length: 5000 }, (_, n) => `key-${n}`));
  const send: S3['send'] = (request) =>
    Promise.resolve(
      'list-type' in (request.query ?? {})
        ? space.answer(request)
        : answer(200, '<VersioningConfiguration/>'),
    );
  const { job } = newJob({});
  const generator = {
    SourceBucket: 'arn:aws:s3:::listed',
    EnableManifestOutput: false,
    Filter: { KeyNameConstraint: { MatchAnySuffix: ['none has this'] } },
  };
  const request = { ...job.request, ManifestGenerator: { S3JobManifestGenerator: generator } };
  const options = { ...ENGINE_DEFAULTS, worker: 'w', requestsMax: 2 };
  const gate = new Gate(clock, 2);
  // A list asks nothing else of its worker.
  const context = { s3: { send }, clock, log, options, gate, random: seededRandom(1) };
  const held = { left: new AbortController().signal, course: 'run', mayStart: () => true };
  const list = await openGenerated({
    job: { ...job, request },
    held: held as unknown as HeldLease,
    context: context as unknown as EngineContext,
  });
  let bytes = 0;
  for await (const { csv } of list.batches(undefined, held.left)) bytes += csv.length;
  assert.equal(bytes, 0);
  const seen = told.map((fields) => fields.seen ?? 0);
  assert.ok(seen.length > 0 && (seen.at(-1) ?? 0) > 0, JSON.stringify(told));
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});
