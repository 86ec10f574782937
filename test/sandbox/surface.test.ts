/**
 * The sandbox says what it does not support instead of doing something else by accident: every call
 * that the AWS SDK knows is sent, and those that the registry does not name must answer 501.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-s3';
import { CALLS } from '../../sandbox/registry.ts';
import { World } from '../contract/s3-harness.ts';
import { startTestSandbox } from './start.ts';

interface SdkCall {
  readonly name: string;
  readonly method: string;
  readonly uri: string;
}

/** The SDK's schemas of operations are `[9, namespace, name, traits, input, output]`. */
function sdkCalls(): readonly SdkCall[] {
  return Object.values(sdk).flatMap((exported: unknown) => {
    if (!Array.isArray(exported) || exported[0] !== 9) return [];
    const [, , name, traits] = exported as [number, string, string, { http?: unknown }];
    const http = traits.http;
    assert.ok(Array.isArray(http), `${name} has no address`);
    return [{ name, method: String(http[0]), uri: String(http[1]) }];
  });
}

describe('the surface of the sandbox', () => {
  let world: World;
  let bucket: string;
  before(async () => {
    world = new World(await startTestSandbox());
    bucket = await world.bucket();
    await world.put(bucket, 'key');
  });
  after(async () => {
    world.close();
    await world.endpoint.stop();
  });

  test('each call of the registry is a call of S3 and is named once', () => {
    const names = CALLS.map((call) => call.name);
    assert.equal(new Set(names).size, names.length);
    const known = new Set(sdkCalls().map((call) => call.name));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
  });

  const supported = new Set(CALLS.map((call) => call.name));
  for (const { name, method, uri } of sdkCalls().filter((call) => !supported.has(call.name))) {
    test(`${name} is answered as not implemented`, async () => {
      const [path = '', search = ''] = uri.split('?');
      const query = Object.fromEntries(new URLSearchParams(search));
      const level = path.includes('{Key+}') ? { bucket, key: 'key' } : { bucket };
      const isOfService = name === 'ListDirectoryBuckets';
      const answer = await world.raw({ method, query, ...(isOfService ? {} : level) });
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented']);
    });
  }

  test('parameters that a call does not know are refused by name', async () => {
    const requests = [
      { method: 'GET', key: 'key', query: { torrent: '' } },
      { method: 'PUT', key: 'key', query: { tagging: '', color: 'blue' } },
      { method: 'GET', query: { 'list-type': '2', marker: 'x' } },
      { method: 'DELETE', key: 'key', query: { retention: '' } },
    ];
    for (const request of requests) {
      const answer = await world.raw({ bucket, ...request });
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented']);
      const name = Object.keys(request.query).at(-1);
      assert.match(answer.body.toString(), new RegExp(`<Message>[^<]*${name ?? ''}`));
    }
    assert.equal((await world.raw({ method: 'HEAD', bucket, key: 'key' })).status, 200);
  });

  test('headers that a call does not know are refused by name', async () => {
    for (const name of [
      'x-amz-object-lock-event-hold',
      'x-amz-server-side-encryption-customer-algorithm',
      'x-amz-bypass-governance-retention',
      'x-amz-mfa',
      'if-range',
    ]) {
      const request = { method: 'PUT', bucket, key: 'other', headers: { [name]: 'x' } };
      const answer = await world.raw(request);
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented']);
      assert.match(answer.body.toString(), new RegExp(`<Message>[^<]*${name}`));
    }
    assert.equal((await world.raw({ method: 'HEAD', bucket, key: 'other' })).status, 404);
  });

  test('a method that S3 does not have is not allowed', async () => {
    const answer = await world.raw({ method: 'PATCH', bucket, key: 'key' });
    assert.deepEqual([answer.status, answer.code], [405, 'MethodNotAllowed']);
  });

  test('temporary credentials are refused', async () => {
    const { accessKeyId, secretAccessKey } = world.endpoint;
    const as = { accessKeyId, secretAccessKey, sessionToken: 'token' };
    const answer = await world.raw({ method: 'GET', as });
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidToken']);
  });

  test('signatures of version 2 are told what to use', async () => {
    const headers = { host: world.host, authorization: 'AWS key:signature' };
    const answer = await world.exchange('GET', '/', headers);
    assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
  });

  test('an absolute target, as through a proxy, is served', async () => {
    const headers = { host: world.host };
    const target = `${world.endpoint.endpoint}/${bucket}/key`;
    const answer = await world.exchange('GET', target, headers);
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
  });
});
