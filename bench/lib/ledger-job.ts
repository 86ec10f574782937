/** Jobs in the ledger alone: chunks without a manifest, leased and recorded without a task. */
import assert from 'node:assert/strict';
import { CHUNK_ROWS } from '../../src/model/limits.ts';
import type { LeasedUnit, Store } from '../../src/store/index.ts';
import { newJob } from '../../test/contract/store.contract.ts';

export const LEASE_MS = 60_000;
const CHUNKS_PER_SAVE = 500;
/** About what a row of a manifest takes. */
const ROW_BYTES = 40;

type NewJob = ReturnType<typeof newJob>;

/** A job with this many chunks, ready to be worked off; resolves to its id. Only one job may be New. */
export async function jobOfChunks(
  store: Store,
  chunks: number,
  created: NewJob = newJob({ createdAt: Date.now(), id: crypto.randomUUID() }),
): Promise<string> {
  const now = Date.now();
  const { id } = created.job;
  await store.createJob(created);
  await store.apply(id, 'PreparationStarted', { at: now });
  const until = now + LEASE_MS;
  const [unit] = await store.lease({ worker: 'bench', now, until, limit: 1, kinds: ['prepare'] });
  assert.equal(unit?.lease.jobId, id);
  for (let at = 0; at < chunks; at += CHUNKS_PER_SAVE) {
    const ranges = Array.from({ length: Math.min(CHUNKS_PER_SAVE, chunks - at) }, (_, i) => {
      const firstRow = (at + i) * CHUNK_ROWS;
      const [start, end] = [firstRow * ROW_BYTES, (firstRow + CHUNK_ROWS) * ROW_BYTES];
      return { firstRow, rows: CHUNK_ROWS, start, end };
    });
    assert.ok(await store.addChunks(unit.lease, ranges, { at }), 'chunks were refused');
  }
  await store.finishPreparing(unit.lease, { tasks: chunks * CHUNK_ROWS, bucket: 'b' }, now);
  await store.apply(id, 'Scheduled', { at: now });
  return id;
}

/** What a part of a whole chunk says, besides its bytes. */
const WHOLE = { to: CHUNK_ROWS, succeeded: CHUNK_ROWS, failed: 0 };

/**
 * Works off the chunks that there are, `lanes` at a time, as a worker does: leases as many as it has
 * lanes free, and records each by itself. `run` does what a chunk needs before that, and says how many bytes
 * its part has. Resolves to the number of chunks that were recorded.
 */
export async function workOff(
  store: Store,
  worker: string,
  lanes: number,
  run: (unit: LeasedUnit) => Promise<number> = () => Promise.resolve(0),
): Promise<number> {
  const running = new Set<Promise<void>>();
  let recorded = 0;
  for (;;) {
    const now = Date.now();
    const limit = lanes - running.size;
    const lease = { worker, now, until: now + LEASE_MS, limit, kinds: ['chunk'] } as const;
    const units = await store.lease(lease);
    if (units.length === 0 && running.size === 0) return recorded;
    for (const unit of units) {
      const record = async (): Promise<void> => {
        const succeededBytes = await run(unit);
        const part = { ...WHOLE, succeededBytes, failedBytes: 0 };
        assert.ok(await store.commitPart(unit.lease, part, Date.now()), 'a part was refused');
        recorded += 1;
      };
      const one = record().finally(() => running.delete(one));
      running.add(one);
    }
    await Promise.race(running);
  }
}
