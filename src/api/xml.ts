/**
 * Reads the XML of a request body into a small tree.
 *
 * I1. A document type, and with it every entity beyond XML's own five, is refused: nothing expands.
 * I2. Depth is bounded, and the work is linear in the length of the text.
 * I3. What is not well-formed is refused with MalformedXML; nothing is guessed, nothing repaired.
 * Attributes and namespaces are read over: S3 Control's elements have no meaning in them.
 */
import { ApiError } from '../model/api-error.ts';

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

/** The deepest request of S3 Control has nine levels. */
const DEPTH_MAX = 32;

const TOKEN =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\/([^\s<>/]+)\s*>|<([A-Za-z_][\w.:-]*)((?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

/** What no XML 1.0 document can carry. */
const ILLEGAL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;

interface Open {
  /** As spelt, with its prefix. */
  readonly tag: string;
  readonly element: { name: string; children: XmlElement[]; text: string };
}

export function isXmlText(text: string): boolean {
  return !ILLEGAL.test(text);
}

export function parseXml(bytes: Uint8Array): XmlElement {
  const xml = textOf(bytes);
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  TOKEN.lastIndex = 0;

  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(xml);
    if (token === null) throw malformed(`what begins at character ${at} cannot be read`);
    const [, cdata, closing, opening, , selfClosing, chars] = token;
    const top = stack.at(-1);

    if (opening !== undefined) {
      if (top === undefined && root !== undefined) throw malformed('there is more than one root');
      if (stack.length >= DEPTH_MAX) throw malformed(`it is deeper than ${DEPTH_MAX} elements`);
      const element = { name: localName(opening), children: [], text: '' };
      if (top === undefined) root = element;
      else top.element.children.push(element);
      if (selfClosing === '') stack.push({ tag: opening, element });
    } else if (closing !== undefined) {
      if (top?.tag !== closing) throw malformed(`</${closing}> closes nothing`);
      stack.pop();
    } else if (chars !== undefined || cdata !== undefined) {
      const text = cdata ?? decodeEntities(chars ?? '');
      if (top !== undefined) top.element.text += text;
      else if (text.trim() !== '') throw malformed('there is text outside the root');
    }
  }
  const open = stack.at(-1);
  if (open !== undefined) throw malformed(`<${open.tag}> is not closed`);
  if (root === undefined) throw malformed('it is empty');
  return root;
}

function malformed(why: string): ApiError {
  return new ApiError('MalformedXML', `The XML you provided was not well-formed: ${why}.`);
}

function textOf(bytes: Uint8Array): string {
  let xml: string;
  try {
    xml = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('it is not UTF-8');
  }
  if (!isXmlText(xml)) throw malformed('it holds characters that XML does not allow');
  if (/<!DOCTYPE/i.test(xml)) throw malformed('a document type is not accepted'); // I1
  return xml.replace(/\r\n?/g, '\n');
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(':') + 1);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+);|#([0-9]+);|(\w+);)?/g, (whole, hex, decimal, name) => {
    const char =
      name === undefined
        ? characterOf(hex ?? decimal, hex === undefined)
        : ENTITIES.get(String(name));
    if (char === undefined) throw malformed(`${whole} is no reference that is accepted`);
    return char;
  });
}

function characterOf(digits: unknown, isDecimal: boolean): string | undefined {
  if (typeof digits !== 'string') return undefined;
  const code = Number.parseInt(digits, isDecimal ? 10 : 16);
  const char = code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
  return char !== undefined && isXmlText(char) ? char : undefined;
}
