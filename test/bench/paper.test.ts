/** Aim: the calculation on paper says what it was told, at any size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, needsOf } from '../../bench/lib/paper.ts';

const CONSTANTS = {
  tasksPerSecond: 1000,
  requestsPerTask: 1.5,
  manifestBytesPerRow: 50,
  partBytesPerRow: 100,
  sqliteBytesPerChunk: 60,
  postgresBytesPerChunk: 400,
};

test('a job of a hundred chunks needs what a hundred chunks were seen to need', () => {
  assert.deepEqual(needsOf(100_000, CONSTANTS), {
    ledgerRows: 100 + 1 + 2,
    sqliteBytes: 6000,
    postgresBytes: 40_000,
    manifestBytes: 5_000_000,
    stagingBytes: 10_000_000,
    requests: 150_000,
    hoursOfOneWorker: 100 / 3600,
  });
});

test('a row more is a chunk more, and a chunk more may be a report unit more', () => {
  assert.equal(needsOf(100_001, CONSTANTS).ledgerRows, 101 + 1 + 2);
  // Behind the first of a thousand rows, 249 of eight thousand.
  assert.equal(needsOf(1_993_000, CONSTANTS).ledgerRows, 250 + 1 + 2);
  assert.equal(needsOf(1_993_001, CONSTANTS).ledgerRows, 251 + 2 + 2);
});

test('the chunks of a long list are eight thousand rows each', () => {
  const { ledgerRows } = needsOf(2e10, CONSTANTS);
  assert.equal(ledgerRows, 2_500_001 + 10_001 + 2);
});

test('bytes are told in the largest unit that leaves a digit before the point', () => {
  assert.deepEqual([0, 999, 1000, 1.5e9, 2e15, 3e19].map(bytesText), [
    '0.00 B',
    '999 B',
    '1.00 kB',
    '1.50 GB',
    '2.00 PB',
    '3.00e+4 PB',
  ]);
});
