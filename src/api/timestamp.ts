const FORM =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * A date and time of ISO 8601, 0 to 9 digits of a second, in UTC or with an offset; undefined when
 * the text is none. botocore sends microseconds, what is below milliseconds is dropped.
 */
export function parseTimestamp(text: string): Date | undefined {
  const parts = FORM.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map(Number);
  const ms = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const local = new Date(0);
  // Not Date.UTC, which takes the year 26 for 1926.
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, ms);
  // Thirty days hath September: whatever rolled over was no date.
  const spelt = local.toISOString().slice(0, 19);
  if (year < 1 || spelt !== text.slice(0, 19).toUpperCase()) return undefined;

  const offsetHours = Number(parts[9] ?? 0);
  const offsetMinutes = Number(parts[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  const date = new Date(local.getTime() + (parts[8] === '-' ? offsetMs : -offsetMs));
  return /^\d{4}-/.test(date.toISOString()) ? date : undefined;
}
