/** What tests ask of JSON that somebody else made. */

/** `path`: names with dots between them; undefined: there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null
          ? Object.entries(at).find(([key]) => key === name)?.[1]
          : undefined,
      value,
    );
}

/** The same with every moment spelt as JavaScript spells it. */
export function isoDates(value: unknown): unknown {
  const isMoment = (one: unknown): one is string =>
    typeof one === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(one);
  return JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    isMoment(one) ? new Date(one).toISOString() : one,
  );
}
