import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  asBuffer,
  giveBack,
  giveBackWhole,
  isUtf8Range,
  rangeEquals,
} from '../../src/base/bytes.ts';

test('the UTF-8 check agrees with Node on every pair of bytes and every edge of longer characters', () => {
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff,
  ];
  const check = (...bytes: number[]): void => {
    const all = Uint8Array.from(bytes);
    assert.equal(isUtf8Range(all, 0, all.length), isUtf8(all), Buffer.from(all).toString('hex'));
  };
  for (let first = 0; first < 256; first++) {
    check(first);
    for (let second = 0; second < 256; second++) check(first, second);
    for (const second of edges) {
      for (const third of edges) {
        check(first, second, third);
        for (const fourth of edges) check(first, second, third, fourth);
      }
    }
  }
});

test('the UTF-8 check looks at its range alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(`\0${text}\0`);
      bytes[0] = 0xff;
      bytes[bytes.length - 1] = 0xe3;
      assert.ok(isUtf8Range(bytes, 1, bytes.length - 1));
      assert.ok(!isUtf8Range(bytes, 0, bytes.length - 1));
      assert.ok(!isUtf8Range(bytes, 1, bytes.length));
    }),
  );
});

test('a range equals only the very same bytes', () => {
  const bytes = Buffer.from('xabcx');
  assert.ok(rangeEquals(bytes, 1, 4, Buffer.from('abc')));
  assert.ok(!rangeEquals(bytes, 1, 4, Buffer.from('abd')));
  assert.ok(!rangeEquals(bytes, 1, 4, Buffer.from('ab')));
  assert.ok(!rangeEquals(bytes, 1, 3, Buffer.from('abc')));
  assert.ok(rangeEquals(bytes, 2, 2, Buffer.from('')));
});

test('a Buffer over other bytes shares their memory and keeps their bounds', () => {
  const bytes = Uint8Array.from([1, 2, 3, 4]).subarray(1, 3);
  const buffer = asBuffer(bytes);
  assert.deepEqual([...buffer], [2, 3]);
  bytes[0] = 9;
  assert.equal(buffer[0], 9);
});

test('a buffer is given back with the piece that ends it, and only then', () => {
  const whole = Buffer.alloc(100);
  giveBack(whole.subarray(0, 99));
  assert.equal(whole.length, 100);
  const last = whole.subarray(99);
  giveBack(last);
  assert.equal(whole.length, 0);
  giveBack(last);
});

test('giveBackWhole frees what is a buffer of its own, and never a part of one', () => {
  const own = Buffer.allocUnsafeSlow(100);
  giveBackWhole(own.subarray(0, 99));
  giveBackWhole(own.subarray(1));
  assert.equal(own.length, 100);
  giveBackWhole(own);
  assert.equal(own.length, 0);
  // Node lends a part of a buffer that others use too.
  const shared = Buffer.from('shared');
  giveBackWhole(shared);
  assert.equal(shared.toString(), 'shared');
  // One empty answer may serve for many.
  const empty = Buffer.alloc(0);
  giveBackWhole(empty);
  assert.equal(empty.buffer.detached, false);
});
