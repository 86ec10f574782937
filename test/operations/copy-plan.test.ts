import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyPlan, isOfPlan, PART_BYTES, rangeOf } from '../../src/operations/copy-plan.ts';

const GIB = 1024 ** 3;
/** 10,000 parts of 5 GiB. */
const BYTES_MAX = 10_000 * 5 * GIB;

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 30 }),
  fc.integer({ min: 5 * GIB - 10, max: 6 * 1024 * GIB }),
  fc.integer({ min: BYTES_MAX - 2 ** 20, max: BYTES_MAX }),
);

test('the parts of a plan are the object, without gap or overlap, within the limits of S3', () => {
  fc.assert(
    fc.property(sizes, fc.string(), (bytes, identity) => {
      const plan = copyPlan(bytes, identity);
      assert.ok(plan && plan.parts >= 1 && plan.parts <= 10_000);
      assert.ok(plan.partBytes >= PART_BYTES && plan.partBytes <= 5 * GIB);
      let next = 0;
      for (let n = 1; n <= plan.parts; n++) {
        const { first, last } = rangeOf(plan, n);
        assert.equal(first, next);
        assert.ok(last >= first && last - first < plan.partBytes + 1);
        next = last + 1;
      }
      assert.equal(next, bytes);
    }),
    { numRuns: 60 },
  );
});

test('an object larger than any upload has no plan', () => {
  assert.ok(copyPlan(BYTES_MAX, 'x'));
  assert.equal(copyPlan(BYTES_MAX + 1, 'x'), undefined);
});

test('a plan knows its own parts again, and no others', () => {
  const plan = copyPlan(6 * GIB, 'mine');
  assert.ok(plan);
  const listed = (n: number) => {
    const { first, last } = rangeOf(plan, n);
    return { number: n, bytes: last - first + 1 };
  };
  assert.equal(isOfPlan(plan, [listed(1)]), true);
  assert.equal(isOfPlan(plan, [listed(2), listed(plan.parts)]), true);
  // Nothing, or the rest alone, says nothing.
  assert.equal(isOfPlan(plan, []), false);
  assert.equal(isOfPlan(plan, [listed(plan.parts)]), false);
  assert.equal(isOfPlan(plan, [listed(1), { number: 2, bytes: 8 * 1024 ** 2 }]), false);
  assert.equal(isOfPlan(plan, [listed(1), { ...listed(2), number: plan.parts + 1 }]), false);
  assert.equal(isOfPlan(plan, [{ number: 1, bytes: PART_BYTES }]), false);
  const theirs = copyPlan(6 * GIB, 'theirs');
  assert.ok(theirs && theirs.partBytes !== plan.partBytes);
  assert.equal(isOfPlan(theirs, [listed(1)]), false);
  assert.deepEqual(copyPlan(6 * GIB, 'mine'), plan);
});

test('where few sizes are possible, none of them tells whose an upload is', () => {
  const plan = copyPlan(BYTES_MAX, 'x');
  assert.ok(plan && !plan.isTelling);
  assert.equal(isOfPlan(plan, [{ number: 1, bytes: plan.partBytes }]), false);
  assert.equal(copyPlan(1024 * GIB, 'x')?.isTelling, true);
});
