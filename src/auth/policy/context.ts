/** What is known of a request when it is judged: condition keys and their values. */

/** Keys in lower case, as their names may be written in any. A key that is there has values. */
export type Context = ReadonlyMap<string, readonly string[]>;

export type ContextEntries = Readonly<
  Record<string, string | number | boolean | readonly string[]>
>;

/** Keys that may have several values; any other one has one, or its tags differ by case alone. */
export const MULTIVALUED: readonly string[] = ['aws:tagkeys'];

/** Later entries go before earlier ones of the same name; two in one record are kept both. */
export function contextOf(...entries: readonly ContextEntries[]): Context {
  const context = new Map<string, readonly string[]>();
  for (const record of entries) {
    const own = new Map<string, string[]>();
    for (const [key, value] of Object.entries(record)) {
      // Array.isArray does not tell a readonly array from the rest.
      const values = typeof value === 'object' ? value : [String(value)];
      const name = key.toLowerCase();
      own.set(name, [...(own.get(name) ?? []), ...values]);
    }
    for (const [name, values] of own) {
      if (values.length > 0) context.set(name, values);
      else context.delete(name);
    }
  }
  return context;
}

export function valuesOf(context: Context, key: string): readonly string[] {
  return context.get(key.toLowerCase()) ?? [];
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `aws:RequestTag/department` and its like. */
export function tagEntries(prefix: string, tags: readonly Tag[]): ContextEntries {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [`${prefix}/${Key}`, Value]));
}
