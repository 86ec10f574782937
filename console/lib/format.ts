/** Numbers, times and sizes as people read them. Pure. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const minute = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});
const date = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** 1,234,567 */
export function count(value: number): string {
  return whole.format(value);
}

/** 1.2M, for where there is little room. */
export function shortCount(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value);
}

/** 1,234 · 12.3 · 0.45 */
export function rate(perSecond: number): string {
  return perSecond >= 100 ? whole.format(perSecond) : precise.format(perSecond);
}

/** Whole percents; what is not done never shows as 100, and what has begun never as 0. */
export function percent(part: number, total: number): number {
  if (total <= 0 || part <= 0) return 0;
  if (part >= total) return 100;
  return Math.min(99, Math.max(1, Math.round((part / total) * 100)));
}

/** `2 d 3 h`, `4 min 5 s`, `6 s`: the two largest units. */
export function duration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds));
  const units = [
    ['y', Math.floor(left / 31_536_000)],
    ['d', Math.floor(left / 86_400) % 365],
    ['h', Math.floor(left / 3600) % 24],
    ['min', Math.floor(left / 60) % 60],
    ['s', left % 60],
  ] as const;
  const first = units.findIndex(([, value]) => value > 0);
  if (first < 0) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([, value]) => value > 0)
    .map(([unit, value]) => `${value} ${unit}`)
    .join(' ');
}

/** As `duration`, of what has been: it took some time, however little. */
export function elapsed(ms: number): string {
  return ms < 1000 ? 'less than a second' : duration(ms / 1000);
}

export function time(at: string | number | undefined): string {
  return at === undefined ? '–' : date.format(new Date(at));
}

/** As `time`, for where there is little room. */
export function shortTime(at: string | undefined): string {
  return at === undefined ? '–' : minute.format(new Date(at));
}

/** 1.5 MiB; in powers of 1,024, as stores show them. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : precise.format(size)} ${units[unit] ?? ''}`;
}
