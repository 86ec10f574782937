import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../src/server/config-error.ts';
import { readConfig } from '../../src/server/config.ts';
import { functionsOf } from '../../src/server/functions-config.ts';

const MODULE = 'examples/functions/count-lines.mjs';

test('a path is a module, a URL is a URL, and an object says more', () => {
  const registered = functionsOf(
    JSON.stringify({
      plain: MODULE,
      'plain:prod': { module: MODULE, timeoutSeconds: 5, memoryMb: 64, threads: 1 },
      web: 'http://127.0.0.1:8080/f?x=1',
      'web-2': { url: 'https://example.com', timeoutSeconds: 7, headers: { 'X-Token': 'a b' } },
    }),
  );
  const path = resolve(MODULE);
  assert.deepEqual(registered, {
    plain: { kind: 'module', path, timeoutMs: 60_000, memoryMb: 128, threads: 4 },
    'plain:prod': { kind: 'module', path, timeoutMs: 5000, memoryMb: 64, threads: 1 },
    web: { kind: 'url', url: 'http://127.0.0.1:8080/f?x=1', timeoutMs: 60_000, headers: {} },
    'web-2': {
      kind: 'url',
      url: 'https://example.com',
      timeoutMs: 7000,
      headers: { 'x-token': 'a b' },
    },
  });
  assert.deepEqual(functionsOf(undefined), {});
});

test('what cannot be used is refused with its name and what would do', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /^BRIGADE_FUNCTIONS: must be an object\.$/],
    [{ 'a b': MODULE }, /"a b" is no name that a function can have/],
    [{ 'brigade-delete': MODULE }, /those of built-in functions/],
    [{ f: './away.mjs' }, /^BRIGADE_FUNCTIONS\.f: there is no file /],
    [{ f: 7 }, /^BRIGADE_FUNCTIONS\.f: must be an object/],
    [{ f: {} }, /must be the path of a module or a URL/],
    [
      { f: { module: MODULE, memory: 1 } },
      /knows module, timeoutSeconds, memoryMb, threads, not "memory"/,
    ],
    [{ f: { url: 'ftp://x' } }, /^BRIGADE_FUNCTIONS\.f\.url: must be a URL/],
    [
      { f: { url: 'http://x', headers: { a: 'b\r\nc' } } },
      /must be a header of printable characters/,
    ],
    [{ f: { module: MODULE, timeoutSeconds: 901 } }, /whole number between 1 and 900/],
    [
      { f: { module: MODULE, threads: '4' } },
      /f\.threads: must be a whole number between 1 and 256/,
    ],
  ];
  for (const [value, message] of cases) {
    assert.throws(
      () => functionsOf(JSON.stringify(value)),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
  assert.throws(() => functionsOf('{'), /BRIGADE_FUNCTIONS is not JSON/);
});

test('an endpoint of Lambda needs a URL and credentials; its region is in its name', () => {
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_REGION: '' };
  const at = (BRIGADE_LAMBDA_ENDPOINT: string, more = {}) =>
    readConfig({ ...none, BRIGADE_LAMBDA_ENDPOINT, ...more }).lambda;
  const key = {
    BRIGADE_LAMBDA_ACCESS_KEY_ID: 'id',
    BRIGADE_LAMBDA_SECRET_ACCESS_KEY: 'secret',
  };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  assert.equal(at(''), undefined);
  assert.throws(() => at('lambda'), /BRIGADE_LAMBDA_ENDPOINT: must be a URL/);
  assert.throws(() => at('http://x'), /set without credentials: set BRIGADE_LAMBDA_ACCESS_KEY_ID/);
  const aws = 'https://lambda.eu-central-1.amazonaws.com';
  assert.deepEqual(at(aws, key), { endpoint: aws, region: 'eu-central-1', credentials });
  const named = { ...key, BRIGADE_LAMBDA_REGION: 'eu-west-3' };
  assert.equal(at('http://127.0.0.1:9', named)?.region, 'eu-west-3');
  assert.equal(at('http://127.0.0.1:9', key)?.region, 'us-east-1');
});
