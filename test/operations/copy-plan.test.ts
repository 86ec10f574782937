import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyPlan, PART_BYTES, rangeOf } from '../../src/operations/copy-plan.ts';

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
    fc.property(sizes, (bytes) => {
      const plan = copyPlan(bytes);
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
  assert.ok(copyPlan(BYTES_MAX));
  assert.equal(copyPlan(BYTES_MAX + 1), undefined);
});
