/**
 * How manifests spell keys: application/x-www-form-urlencoded, as AWS's own samples read and write
 * them: `%XX` is a byte of UTF-8 and `+` a space, so that a plus has to be spelt `%2B`. That AWS
 * takes `+` for a space is unverified.
 */
import { UTF8_BOUNDARY, UTF8_INVALID, byteAt, utf8Step } from '../base/bytes.ts';
import { csvField } from '../base/csv.ts';

const PERCENT = 37;
const QUOTE = 34;
const NOT_HEX = 16;
const HEX_VALUES = hexValues();

function hexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(NOT_HEX);
  for (const digit of '0123456789abcdefABCDEF') {
    values[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
  }
  return values;
}

/** Result of `decodedKeyBytes`: a `%` without two hexadecimal digits. */
export const BAD_ESCAPE = -1;
/** Result of `decodedKeyBytes`: the key is not UTF-8. */
export const BAD_UTF8 = -2;

/**
 * How many bytes the key in the CSV field [start, end) decodes to, or what is wrong with it. The
 * field is as in the file: a doubled quote counts once.
 */
export function decodedKeyBytes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let state = UTF8_BOUNDARY;
  for (let i = start; i < end; i++) {
    let byte = byteAt(bytes, i);
    if (byte === PERCENT) {
      if (i + 2 >= end) return BAD_ESCAPE;
      const high = byteAt(HEX_VALUES, byteAt(bytes, i + 1));
      const low = byteAt(HEX_VALUES, byteAt(bytes, i + 2));
      if (high === NOT_HEX || low === NOT_HEX) return BAD_ESCAPE;
      byte = high * 16 + low;
      i += 2;
    } else if (byte === QUOTE) {
      i++;
    }
    state = utf8Step(state, byte);
    if (state === UTF8_INVALID) return BAD_UTF8;
    count++;
  }
  return state === UTF8_BOUNDARY ? count : BAD_UTF8;
}

/** The key that a manifest spells `text`. Throws URIError where `decodedKeyBytes` finds a fault. */
export function decodeKey(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced;
}

const SPELT_AS_IT_IS = /^[A-Za-z0-9/._~-]*$/;

/** The spelling of a key that decodes to it. Throws URIError for half a surrogate pair. */
export function encodeKey(key: string): string {
  if (SPELT_AS_IT_IS.test(key)) return key;
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

export interface ManifestRow {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** Given, if only as '': the manifest has a VersionId column. */
  readonly versionId?: string;
}

/** One line of a manifest whose fields are Bucket, Key and, when the row has one, VersionId. */
export function writeManifestRow(row: ManifestRow): string {
  const line = `${csvField(row.bucket)},${encodeKey(row.key)}`;
  return row.versionId === undefined ? `${line}\n` : `${line},${csvField(row.versionId)}\n`;
}
