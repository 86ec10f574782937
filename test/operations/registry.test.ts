import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATION_NAMES } from '../../src/model/vocabulary.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { FakeS3, open, problems } from './scene.ts';

const NOT_YET = ['S3ReplicateObject'] as const;

test('every name of AWS has its operation', () => {
  for (const name of OPERATION_NAMES) assert.equal(OPERATIONS[name].name, name);
  assert.deepEqual(Object.keys(OPERATIONS).sort(), [...OPERATION_NAMES].sort());
});

test('what is not built is refused in one sentence, and asks S3 nothing', async () => {
  for (const name of NOT_YET) {
    const operation = { [name]: {} };
    const sentence = `${name} is not supported by this version of Bucket Brigade`;
    assert.deepEqual(problems(operation), [`Operation.${name}: ${sentence}`]);
    const s3 = new FakeS3();
    assert.deepEqual(await open(operation, s3), { ok: false, reason: `${sentence}.` });
    assert.deepEqual(s3.requests, []);
  }
});
