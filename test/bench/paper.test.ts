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

test('a job of a thousand chunks needs what a thousand chunks were seen to need', () => {
  assert.deepEqual(needsOf(1_000_000, CONSTANTS), {
    ledgerRows: 1000 + 1 + 2,
    sqliteBytes: 60_000,
    postgresBytes: 400_000,
    manifestBytes: 50_000_000,
    stagingBytes: 100_000_000,
    requests: 1_500_000,
    hoursOfOneWorker: 1000 / 3600,
  });
});

test('a row more is a chunk more, and a chunk more may be a report unit more', () => {
  assert.equal(needsOf(1_000_001, CONSTANTS).ledgerRows, 1001 + 2 + 2);
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
