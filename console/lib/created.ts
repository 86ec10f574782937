/**
 * When jobs were created, as a choice that stands in the address: `7-day` for the last seven days,
 * `2026-11-01..2026-11-22` for days of the viewer's own calendar, the last one included. Pure.
 */

export type Unit = 'day' | 'week' | 'month' | 'year';

export type Created =
  | { readonly kind: 'last'; readonly amount: number; readonly unit: Unit }
  | { readonly kind: 'days'; readonly first: string; readonly last: string };

const DAYS: Readonly<Record<Unit, number>> = { day: 1, week: 7, month: 30, year: 365 };
const DAY_MS = 86_400_000;

export function textOf(created: Created | undefined): string {
  if (created === undefined) return '';
  const { kind } = created;
  return kind === 'last'
    ? `${created.amount}-${created.unit}`
    : `${created.first}..${created.last}`;
}

/** Undefined: nothing that can be read. */
export function createdOf(text: string): Created | undefined {
  const [, amount, unit] = /^([1-9]\d{0,3})-(day|week|month|year)$/.exec(text) ?? [];
  // The pattern holds the units.
  if (unit !== undefined) return { kind: 'last', amount: Number(amount), unit: unit as Unit };
  const [, first = '', last = ''] = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(text) ?? [];
  const isReal = [first, last].every((day) => !Number.isNaN(startOf(day, 0)));
  return isReal && first <= last ? { kind: 'days', first, last } : undefined;
}

/** From when, and before when, in milliseconds. */
export function momentsOf(
  text: string,
  now: number,
): { readonly from?: number; readonly before?: number } {
  const created = createdOf(text);
  if (created === undefined) return {};
  if (created.kind === 'last') {
    return { from: Math.max(0, now - created.amount * DAYS[created.unit] * DAY_MS) };
  }
  // The day after the last one may be 23 or 25 hours away.
  return { from: Math.max(0, startOf(created.first, 0)), before: startOf(created.last, 1) };
}

/** Midnight here, `days` later. */
function startOf(day: string, days: number): number {
  const [year = NaN, month = NaN, date = NaN] = day.split('-').map(Number);
  const at = new Date(year, month - 1, date);
  if (at.getMonth() !== month - 1) return NaN;
  return new Date(year, month - 1, date + days).getTime();
}
