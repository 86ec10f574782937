import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traitsOf } from '../../src/s3/traits.ts';

const RGW = { 'x-amz-request-id': 'tx000003e8855e4d75dc6a2-006b030068-1025-default' };
const AWS = { server: 'AmazonS3', 'x-amz-request-id': '656C76696E6727732072657175657374' };

test('only the name of the endpoint makes a store Amazon S3, which alone is sent UpdateObjectEncryption', () => {
  for (const host of ['s3.eu-central-1.amazonaws.com', 's3.cn-north-1.amazonaws.com.cn']) {
    assert.equal(traitsOf({}, host).updatesEncryption, true);
  }
  // Stores and mocks that send AWS's headers, and names that only look like AWS's.
  for (const host of ['localhost', 's3.amazonaws.com.example.org', 'myamazonaws.com']) {
    assert.equal(traitsOf(AWS, host).updatesEncryption, undefined);
  }
});

test('Ceph RGW is known by its request ids, with what it lacks', () => {
  const traits = traitsOf(RGW, 'localhost');
  assert.equal(traits.name, 'Ceph RGW');
  assert.equal(traits.lacksRestore, true);
  assert.equal(traits.copyIgnoresEncryption, true);
  assert.equal(traits.updatesEncryption, undefined);
  assert.equal(traitsOf(AWS, 'localhost').lacksRestore, undefined);
});

test('the sandbox is known by the server that it says it is', () => {
  assert.equal(traitsOf({ server: 'bucket-brigade-sandbox' }, 'localhost').updatesEncryption, true);
  assert.equal(traitsOf({ server: 'nginx' }, 'localhost').updatesEncryption, undefined);
});
