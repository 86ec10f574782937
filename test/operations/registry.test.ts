import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATION_NAMES } from '../../src/model/vocabulary.ts';
import { OPERATIONS } from '../../src/operations/index.ts';

test('every name of AWS has its operation', () => {
  for (const name of OPERATION_NAMES) assert.equal(OPERATIONS[name].name, name);
  assert.deepEqual(Object.keys(OPERATIONS).sort(), [...OPERATION_NAMES].sort());
});
