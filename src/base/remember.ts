/**
 * Remembers the last answer of a pure function, by the identity of what it was asked about. Tasks of
 * one job hand in the same objects, so what is the same for all of them is worked out once.
 */
export function rememberLast<K extends object, V>(of: (key: K) => V): (key: K) => V {
  let last: { readonly key: K; readonly value: V } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: of(key) };
    return last.value;
  };
}
