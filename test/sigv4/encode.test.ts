// Aim: percent-encoding is RFC 3986's, each thing once, for keys and queries of any bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalPath,
  canonicalQuery,
  decodePath,
  decodeQuery,
  encodeComponent,
  encodePath,
  encodeQuery,
} from '../../src/sigv4/index.ts';

const text = fc.string({ unit: 'binary' });

test('a decoded encoded path is the path', () => {
  fc.assert(fc.property(text, (key) => assert.equal(decodePath(encodePath(key)), key)));
});

test('an encoded path is its own canonical form', () => {
  fc.assert(
    fc.property(text, (key) => assert.equal(canonicalPath(encodePath(key)), encodePath(key))),
  );
});

test('encoding agrees with encodeURIComponent and the four characters that it leaves', () => {
  const expected = (s: string): string =>
    encodeURIComponent(s).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  fc.assert(fc.property(text, (s) => assert.equal(encodeComponent(s), expected(s))));
});

test('a record survives its way through a query', () => {
  fc.assert(
    fc.property(fc.dictionary(text, text), (record) => {
      const decoded = decodeQuery(encodeQuery(record)).filter(([name]) => name !== '');
      assert.deepEqual(
        new Map(decoded),
        new Map(Object.entries(record).filter(([name]) => name !== '')),
      );
    }),
  );
});

test('an encoded query is its own canonical form', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), text), (record) => {
      assert.equal(canonicalQuery(encodeQuery(record)), encodeQuery(record));
    }),
  );
});

test('canonical forms of single spellings are as S3 has them', () => {
  const paths: [string, string][] = [
    ['/b/a+b', '/b/a%2Bb'],
    ['/b/a%2fb', '/b/a/b'],
    ['/b/%7Etilde%2E', '/b/~tilde.'],
    ['/b//x/../y/.', '/b//x/../y/.'],
    ['/b/%zz%4', '/b/%25zz%254'],
    ['/b/%ff%FE', '/b/%FF%FE'],
    ['/b/%C3%A9', '/b/%C3%A9'],
    ['/b/é', '/b/%C3%A9'],
    ["/b/(a)*'!", '/b/%28a%29%2A%27%21'],
  ];
  for (const [raw, canonical] of paths) assert.equal(canonicalPath(raw), canonical, raw);
  const queries: [string, string][] = [
    ['tagging', 'tagging='],
    ['b=1&a=2&a=1', 'a=1&a=2&b=1'],
    ['a-b=1&a=2', 'a=2&a-b=1'],
    ['a=x+y', 'a=x%20y'],
    ['a=x%2by', 'a=x%2By'],
    ['&&a=b=c&', 'a=b%3Dc'],
  ];
  for (const [raw, canonical] of queries) assert.equal(canonicalQuery(raw), canonical, raw);
});

test('canonical forms of arbitrary text never throw and are stable', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      assert.equal(canonicalPath(canonicalPath(raw)), canonicalPath(raw));
      assert.equal(canonicalQuery(canonicalQuery(raw)), canonicalQuery(raw));
    }),
  );
});
