/**
 * JSON that keeps dates: a request is stored as it was accepted and echoed later, and some of its
 * members are timestamps. A date becomes {"$date": "..."}; nothing in AWS's shapes has such a key.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, encoded: unknown) {
    // `encoded` is already a string here, because Date has toJSON; the holder still has the date.
    const original = this[key];
    return original instanceof Date ? { $date: original.toISOString() } : encoded;
  });
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$date' in value)) return value;
    return new Date(String(value.$date));
  });
}
