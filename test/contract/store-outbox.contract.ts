/** What every Store must do for sinks. Run over each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NewLetter, NewRecord, SinkLease, Store } from '../../src/store/index.ts';
import { LEASE_MS, newJob, T0 } from './store.contract.ts';

const UNTIL = T0 + LEASE_MS;
let counter = 0;

const record = (changes: Partial<NewRecord> = {}): NewRecord => ({
  ...{ id: `record-${++counter}`, kind: 'calls', account: '123456789012', jobId: '' },
  ...{ at: T0, body: 'é{"a":1}' },
  ...changes,
});

const letter = (id: string, turn: string, isBehind = false): NewLetter => {
  return { id, turn, isBehind, body: `{"id":"${id}"}`, reason: 'HTTP 400' };
};

async function held(store: Store, name: string, worker = 'w', now = T0): Promise<SinkLease> {
  const lease = await store.leaseSink(name, worker, now, now + LEASE_MS);
  assert.ok(lease);
  return lease;
}

export function storeOutboxContract(name: string, open: () => Promise<Store>): void {
  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open();
    try {
      await use(store);
    } finally {
      await store.close();
    }
  };

  describe(`${name}: outbox`, () => {
    test('records come back as they were added, in order, from a number on', () =>
      withStore(async (store) => {
        const all = [record(), record({ kind: 'calls', jobId: 'j' }), record()];
        assert.equal(await store.addRecords(all.slice(0, 2), 10), true);
        assert.equal(await store.addRecords(all.slice(2), 10), true);
        const read = await store.records(0, 10);
        assert.deepEqual(
          read.map(({ seq: _, ...rest }) => rest),
          all,
        );
        assert.deepEqual(await store.records(read[0]?.seq ?? 0, 1), read.slice(1, 2));
      }));

    test('records that are too many of their kind are refused, all of them', () =>
      withStore(async (store) => {
        assert.equal(await store.addRecords([record(), record()], 3), true);
        assert.equal(await store.addRecords([record(), record()], 3), false);
        assert.equal(await store.addRecords([record({ kind: 'tasks' })], 3), true);
        assert.equal((await store.records(0, 10)).length, 3);
      }));

    test('a new sink is owed what happens from then on, one that is known keeps its place', () =>
      withStore(async (store) => {
        await store.createJob(newJob());
        await store.addRecords([record()], 10);
        const both = ['a', 'b'].map((one) => ({ name: one, wantsRecords: one === 'a' }));
        await store.openSinks(both, T0, 0);
        await store.createJob(newJob());
        await store.addRecords([record()], 10);
        await store.openSinks(both, T0, 0);
        const standing = await store.sinks();
        assert.deepEqual(
          standing.map((sink) => [sink.name, sink.waiting, sink.waitingSince, sink.letters]),
          [
            ['a', 2, T0, 0],
            ['b', 1, T0, 0],
          ],
        );
        await store.openSinks([{ name: 'b', wantsRecords: true }], T0, 0);
        await store.addRecords([record()], 10);
        assert.deepEqual(
          (await store.sinks()).map(({ waiting }) => waiting),
          [3, 2],
        );
      }));

    test('a sink that nobody named for long is forgotten', () =>
      withStore(async (store) => {
        await store.openSinks([{ name: 'old', wantsRecords: true }], T0, 0);
        await store.openSinks([{ name: 'new', wantsRecords: true }], T0 + 10, T0 + 1);
        assert.deepEqual(
          (await store.sinks()).map((sink) => sink.name),
          ['new'],
        );
      }));

    test('a sink is held by one at a time, and a lost lease saves nothing', () =>
      withStore(async (store) => {
        await store.openSinks([{ name: 's', wantsRecords: true }], T0, 0);
        assert.equal(await store.leaseSink('unknown', 'w', T0, UNTIL), undefined);
        const first = await held(store, 's', 'one');
        assert.equal(await store.leaseSink('s', 'two', UNTIL, UNTIL), undefined);
        const second = await held(store, 's', 'two', UNTIL + 1);
        assert.ok(second.fence > first.fence);
        const lost = { until: UNTIL, now: T0, eventsAfter: 9, recordsAfter: 9, state: 'x' };
        const park = [letter('e', 't')];
        assert.equal(await store.saveSink(first, { ...lost, park }), false);
        assert.deepEqual(await store.deadLetters({ after: 0, limit: 9 }), []);
        const again = await held(store, 's', 'two', UNTIL + 2);
        assert.deepEqual([again.eventsAfter, again.recordsAfter, again.state], [0, 0, null]);
        assert.ok(again.fence > second.fence, 'who holds it may lease it again');
        assert.equal(await store.saveSink(again, { until: 0, now: T0 }), true);
        assert.ok(await store.leaseSink('s', 'three', UNTIL + 3, UNTIL + 9), 'given back');
      }));

    test('what is saved comes back with the next lease, and the rest stays', () =>
      withStore(async (store) => {
        await store.openSinks([{ name: 's', wantsRecords: true }], T0, 0);
        const lease = await held(store, 's');
        const until = UNTIL;
        await store.saveSink(lease, { until, now: T0, eventsAfter: 5, state: 'm', problem: 'p' });
        await store.saveSink(lease, { until, now: T0, recordsAfter: 6 });
        const next = await held(store, 's');
        assert.deepEqual([next.eventsAfter, next.recordsAfter, next.state], [5, 6, 'm']);
        assert.equal((await store.sinks())[0]?.problem, 'p');
        await store.saveSink(next, { until, now: T0, problem: '' });
        assert.equal((await store.sinks())[0]?.problem, '');
      }));

    test('letters are parked once, replayed by turn, refused by turn, and removed', () =>
      withStore(async (store) => {
        await store.openSinks([{ name: 's', wantsRecords: false }], T0, 0);
        const lease = await held(store, 's');
        const save = { until: UNTIL, now: T0 };
        await store.saveSink(lease, { ...save, park: [letter('a1', 'a'), letter('b1', 'b')] });
        await store.saveSink(lease, {
          ...save,
          park: [letter('a1', 'a'), letter('a2', 'a', true)],
        });
        const ids = async (replayedOnly: boolean): Promise<string[]> => {
          const query = { sink: 's', replayedOnly, after: 0, limit: 10 };
          return (await store.deadLetters(query)).map(({ id }) => id);
        };
        assert.deepEqual(await ids(false), ['a1', 'b1', 'a2']);
        assert.deepEqual(await store.deadLetters({ sink: 'other', after: 0, limit: 9 }), []);
        const [one] = await store.deadLetters({ after: 0, limit: 1 });
        const { no = 0, ...rest } = one ?? {};
        const { isBehind: _, ...parked } = letter('a1', 'a');
        assert.deepEqual(rest, { ...parked, sink: 's', parkedAt: T0, isReplayed: false });

        assert.equal(await store.replayLetters('s', 'a2'), 2, 'those before it too');
        assert.deepEqual(await ids(true), ['a1', 'a2']);
        // What comes behind letters that go out again goes out with them; a refused one does not.
        await store.saveSink(lease, {
          ...save,
          park: [letter('a3', 'a', true), letter('c1', 'c')],
        });
        assert.deepEqual(await ids(true), ['a1', 'a2', 'a3']);
        const turns = await store.parkedTurns('s');
        assert.deepEqual(turns.map((turn) => [turn.turn, turn.isReplayed]).sort(), [
          ['a', true],
          ['b', false],
          ['c', false],
        ]);
        await store.saveSink(lease, { ...save, refused: [{ no, reason: 'again' }] });
        assert.deepEqual(await ids(true), [], 'nothing overtakes what was refused again');
        const [refused] = await store.deadLetters({ after: 0, limit: 1 });
        assert.equal(refused?.reason, 'again');
        await store.saveSink(lease, { ...save, delivered: [no] });
        assert.deepEqual(await ids(false), ['b1', 'a2', 'a3', 'c1']);
        assert.equal(await store.dropLetters('s', 'b1'), 1);
        assert.equal(await store.replayLetters('s', undefined), 3);
        assert.equal(await store.dropLetters('s', undefined), 3);
        assert.deepEqual(await ids(false), []);
        // Its turn has come free while it was being parked.
        await store.saveSink(lease, { ...save, park: [letter('d1', 'd', true)] });
        assert.deepEqual(await ids(true), ['d1']);
      }));

    test('records are removed when every sink that wants them has them', () =>
      withStore(async (store) => {
        const sinks = ['a', 'b', 'none'].map((one) => ({
          name: one,
          wantsRecords: one !== 'none',
        }));
        await store.openSinks(sinks, T0, 0);
        await store.addRecords([record(), record(), record()], 10);
        const [first, second] = await store.records(0, 10);
        const a = await held(store, 'a');
        const b = await held(store, 'b');
        const save = { until: UNTIL, now: T0 };
        await store.saveSink(a, { ...save, recordsAfter: second?.seq ?? 0 });
        assert.equal(await store.trimRecords(), 0);
        await store.saveSink(b, { ...save, recordsAfter: first?.seq ?? 0 });
        assert.equal(await store.trimRecords(), 1);
        assert.equal((await store.records(0, 10))[0]?.seq, second?.seq);
        // Numbers go on behind those that are gone.
        await store.saveSink(a, { ...save, recordsAfter: 3 });
        await store.saveSink(b, { ...save, recordsAfter: 3 });
        assert.equal(await store.trimRecords(), 2);
        await store.addRecords([record()], 10);
        assert.deepEqual((await store.records(3, 10)).length, 1);
      }));
  });
}
