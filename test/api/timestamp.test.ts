// Aim: every spelling of a moment that clients send is read exactly, and no other text is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTimestamp } from '../../src/api/timestamp.ts';

const iso = (text: string): string | undefined => parseTimestamp(text)?.toISOString();
const moment = fc.date({
  noInvalidDate: true,
  min: new Date('0001-01-02T00:00:00Z'),
  max: new Date('9999-12-30T00:00:00Z'),
});

test('a written moment reads as itself, whatever the digits and the offset', () => {
  fc.assert(
    fc.property(
      moment,
      fc.integer({ min: -1439, max: 1439 }),
      fc.nat(9),
      (date, minutes, digits) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString();
        const fraction = `${local.slice(20, 23)}000000`.slice(0, digits);
        const abs = Math.abs(minutes);
        const two = (n: number): string => String(n).padStart(2, '0');
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
        const text = local.slice(0, 19) + (digits === 0 ? '' : `.${fraction}`) + offset;
        const kept =
          Math.floor(date.getTime() / 1000) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
        assert.equal(parseTimestamp(text)?.getTime(), kept, text);
      },
    ),
  );
});

test('spellings of clients are read', () => {
  assert.equal(iso('2026-01-02T03:04:05.678000Z'), '2026-01-02T03:04:05.678Z');
  assert.equal(iso('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05.000Z');
  assert.equal(iso('2026-01-02T03:04:05.123456789Z'), '2026-01-02T03:04:05.123Z');
  assert.equal(iso('2024-02-29T23:59:59.9+02:30'), '2024-02-29T21:29:59.900Z');
  assert.equal(iso('0026-01-02T03:04:05Z'), '0026-01-02T03:04:05.000Z');
});

test('texts that name no moment are refused', () => {
  const refused = [
    '',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-01-02 03:04:05Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:60:05Z',
    '2026-01-02T03:04:60Z',
    '2026-01-02T03:04:05.1234567890Z',
    '2026-01-02T03:04:05.Z',
    '2026-01-02T03:04:05+24:00',
    '2026-01-02T03:04:05+01:60',
    '2026-01-02T03:04:05+0100',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '1767323045',
    'Fri, 02 Jan 2026 03:04:05 GMT',
  ];
  for (const text of refused) assert.equal(parseTimestamp(text), undefined, text);
});
