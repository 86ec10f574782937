/**
 * JSON that keeps dates: a request is stored as it was accepted and echoed later, and some of its
 * members are timestamps. A date becomes {"$date": "..."}; a key of the user's own that begins with
 * a dollar gets a second one, so that UserArguments with a key `$date` stay what they are.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, encoded: unknown) {
    // `encoded` is already a string here, because Date has toJSON; the holder still has the date.
    const original = this[key];
    if (original instanceof Date) return { $date: original.toISOString() };
    return renamed(encoded, (name) => (name.startsWith('$') ? `$${name}` : name));
  });
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$date' in value) return new Date(String(value.$date));
    return renamed(value, (name) => (name.startsWith('$$') ? name.slice(1) : name));
  });
}

/** fromEntries defines its keys, so that even `__proto__` is a key like others. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (!entries.some(([name]) => name.startsWith('$'))) return value;
  return Object.fromEntries(entries.map(([name, member]) => [rename(name), member]));
}
