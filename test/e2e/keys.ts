/** Keys that someone encodes, decodes, splits, quotes or normalises wrongly, and their spellings. */

export const NASTY_KEYS: readonly string[] = [
  'plain.txt',
  'folder/plain.txt',
  'with space.txt',
  ' leading and trailing ',
  'plus+plus.txt',
  'percent%20literal.txt',
  'percent%2520literal.txt',
  '100%',
  'comma,comma.csv',
  'quote"quote.csv',
  '"quoted"',
  "apostrophe's",
  'semi;colon:colon',
  'question?mark=1&more#hash',
  'brackets[1]{2}(3)<4>',
  'back\\slash',
  'star*tilde~pipe|caret^backtick`',
  'dollar$at@bang!',
  'double//slash',
  '/leading slash',
  'trailing slash/',
  'dots/../up',
  './here',
  'a/./b',
  '...',
  'tab\tkey',
  'line\nbreak',
  'carriage\rreturn',
  'crlf\r\nkey',
  'Zoë',
  'Zoe\u0308 decomposed',
  '日本/東京.txt',
  'Україна/Київ',
  'עברית',
  '🪣/🧯',
  '\u{10FFFD} last plane',
  '=formula',
  '-rf',
  'null',
  'x'.repeat(1024),
  'ü'.repeat(512),
];

/** `%XX` for all but the few characters that never need it. */
export function percentEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

/** As HTML forms and Python's quote_plus write it. */
function plusEncoded(key: string): string {
  return percentEncoded(key).replaceAll('%20', '+');
}

/** Every byte escaped, in lower case. */
function allEscaped(key: string): string {
  return [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** As it is, where nothing in it means something else. */
function asItIs(key: string): string {
  return /[%+]/.test(key) ? percentEncoded(key) : key;
}

export const SPELLINGS: readonly ((key: string) => string)[] = [
  percentEncoded,
  plusEncoded,
  allEscaped,
  asItIs,
];

/** A cell of a CSV row, quoted when it has to be. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
