/**
 * Percent-encoding as Signature Version 4 wants it for S3: RFC 3986 unreserved characters stay,
 * every other byte of the UTF-8 becomes `%XX` in upper case, and each thing is encoded once.
 *
 * I1. `encodeX(decodeX(y))` is the canonical form of `y`, byte for byte, also when `y` holds bytes
 *     that are not UTF-8 or a `%` that starts no escape.
 * I2. A path is never normalised: `//`, `.` and `..` are parts of a key.
 */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

const PERCENT = 0x25;
const PLUS = 0x2b;
const SLASH = 0x2f;
const SPACE = 0x20;

/** Each byte's encoded form. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** One name or value of a query. */
export function encodeComponent(text: string): string {
  return UNRESERVED.test(text) ? text : encodeBytes(Buffer.from(text, 'utf8'), false);
}

/** A key or a whole path: slashes stay. */
export function encodePath(key: string): string {
  return UNRESERVED_PATH.test(key) ? key : encodeBytes(Buffer.from(key, 'utf8'), true);
}

/** Sorted by encoded name, as the canonical request wants it; a valueless name keeps its `=`. */
export function encodeQuery(record: Readonly<Record<string, string>>): string {
  return joinSorted(
    Object.entries(record).map(([name, value]) => [encodeComponent(name), encodeComponent(value)]),
  );
}

/** A path as received, decoded; `+` is a plus. */
export function decodePath(path: string): string {
  return path.includes('%') ? decodeBytes(path, false).toString('utf8') : path;
}

/**
 * The parameters of a raw query in their order, decoded; `+` is a space, as HTML forms have it and
 * as S3 reads it.
 */
export function decodeQuery(query: string): [name: string, value: string][] {
  return splitQuery(query).map(([name, value]) => [
    decodeBytes(name, true).toString('utf8'),
    decodeBytes(value, true).toString('utf8'),
  ]);
}

/** The canonical form of a path as received (I1, I2). */
export function canonicalPath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : encodeBytes(decodeBytes(path, false), true);
}

/** The canonical form of a raw query, without the parameter that `except` names. */
export function canonicalQuery(query: string, except?: string): string {
  if (query === '') return '';
  const recode = (raw: string): string =>
    UNRESERVED.test(raw) ? raw : encodeBytes(decodeBytes(raw, true), false);
  const pairs = splitQuery(query).map(([name, value]): [string, string] => [
    recode(name),
    recode(value),
  ]);
  return joinSorted(except === undefined ? pairs : pairs.filter(([name]) => name !== except));
}

function splitQuery(query: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const piece of query.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    pairs.push(equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)]);
  }
  return pairs;
}

/** By name, then by value; never by the joined text, where `a-b=` would come before `a=`. */
function joinSorted(pairs: [string, string][]): string {
  const order = (a: string, b: string): number => {
    if (a === b) return 0;
    return a < b ? -1 : 1;
  };
  pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function encodeBytes(bytes: Uint8Array, keepSlash: boolean): string {
  let out = '';
  for (const byte of bytes) out += keepSlash && byte === SLASH ? '/' : (ENCODED[byte] ?? '');
  return out;
}

function decodeBytes(raw: string, plusIsSpace: boolean): Buffer {
  const bytes = Buffer.from(raw, 'utf8');
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] ?? 0;
    if (byte === PERCENT) {
      const high = hexDigit(bytes[i + 1]);
      const low = hexDigit(bytes[i + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    } else if (byte === PLUS && plusIsSpace) {
      byte = SPACE;
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
