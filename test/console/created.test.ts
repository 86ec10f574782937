// Aim: the choice of when jobs were created, as it stands in the address and as moments; days are
// whole days where the viewer is, also when the clocks change.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createdOf, momentsOf, textOf } from '../../console/lib/created.ts';

const DAY = 86_400_000;
const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

test('what stands in the address is read as it was written, and anything else is no choice', () => {
  for (const text of [
    '7-day',
    '1-week',
    '12-month',
    '2026-11-01..2026-11-22',
    '2026-02-28..2026-02-28',
  ]) {
    assert.equal(textOf(createdOf(text)), text);
  }
  const odd = ['', '0-day', '7-hour', '-1-day', '2026-11-22..2026-11-01', '2026-02-30..2026-03-01'];
  for (const text of [...odd, '2026-11-01', '2026-13-01..2026-13-02', '99999-day']) {
    assert.equal(createdOf(text), undefined, text);
    assert.deepEqual(momentsOf(text, 0), {});
  }
});

test('the last days end now, and begin so many times 24 hours before', () => {
  assert.deepEqual(momentsOf('7-day', 100 * DAY), { from: 93 * DAY });
  assert.deepEqual(momentsOf('2-week', 100 * DAY), { from: 86 * DAY });
  assert.deepEqual(momentsOf('9-year', 100 * DAY), { from: 0 });
});

test('days of the calendar are those of the viewer, the last one to its end, with 23 hours or 25', () => {
  process.env['TZ'] = 'Europe/Berlin';
  assert.deepEqual(momentsOf('2026-11-01..2026-11-02', 0), {
    from: Date.parse('2026-11-01T00:00:00+01:00'),
    before: Date.parse('2026-11-03T00:00:00+01:00'),
  });
  assert.deepEqual(momentsOf('2026-03-29..2026-03-29', 0), {
    from: Date.parse('2026-03-29T00:00:00+01:00'),
    before: Date.parse('2026-03-30T00:00:00+02:00'),
  });
  process.env['TZ'] = 'America/New_York';
  const { from = 0, before = 0 } = momentsOf('2026-11-01..2026-11-01', 0);
  assert.equal(before - from, 25 * 3_600_000);
});
