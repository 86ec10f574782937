/**
 * Reads an element by its shape: one walk checks and reads, so what comes out was checked.
 *
 * I1. Every problem is named by the path of its field, and all of them are found.
 * I2. An element that the shape does not know is a problem: a typo must not be ignored in silence.
 * I3. A list's items may have any name: SDKs write `member`, AWS's reference shows shape names.
 * I4. The order of a structure's elements has no meaning.
 */
import { unreachable } from '../base/assert.ts';
import { STORE_FEATURE_MEMBERS } from '../model/job-shapes.ts';
import {
  type IntegerShape,
  type ListShape,
  type MapShape,
  required,
  type Shape,
  struct,
  type StructShape,
  type TextShape,
} from '../model/shape.ts';
import type { FieldProblem } from '../operations/index.ts';
import { parseTimestamp } from './timestamp.ts';
import type { XmlElement } from './xml.ts';

/** The value, or undefined when it has a problem; the problems are appended. */
export function readShape(
  element: XmlElement,
  shape: Shape,
  field: string,
  problems: FieldProblem[],
): unknown {
  const refuse = (message: string): undefined => {
    problems.push({ field, message });
    return undefined;
  };
  const isScalar = shape.kind !== 'list' && shape.kind !== 'map' && shape.kind !== 'struct';
  if (isScalar && element.children.length > 0) return refuse('must hold text, not elements');
  if (!isScalar && element.text.trim() !== '') return refuse('must hold elements, not text');

  switch (shape.kind) {
    case 'text': {
      const message = textProblem(element.text, shape);
      return message === undefined ? element.text : refuse(message);
    }
    case 'integer':
      return readInteger(element.text, shape) ?? refuse(integerRule(shape));
    case 'boolean': {
      const text = element.text.trim();
      return text === 'true' || text === 'false'
        ? text === 'true'
        : refuse('must be true or false');
    }
    case 'timestamp':
      return (
        parseTimestamp(element.text.trim()) ??
        refuse('must be a date and time such as 2026-01-02T03:04:05Z')
      );
    case 'list':
      return readList(element, shape, field, problems);
    case 'map':
      return readMap(element, shape, field, problems);
    case 'struct':
      return readStruct(element, shape, field, problems);
    default:
      return unreachable(shape);
  }
}

/** What is wrong with a text, or undefined; also for texts that come by query parameters. */
export function textProblem(text: string, shape: TextShape): string | undefined {
  if (shape.values !== undefined) {
    return shape.values.includes(text) ? undefined : `must be one of ${shape.values.join(', ')}`;
  }
  // A code point takes one or two units, so most texts need no counting.
  const isCounted = text.length > shape.max || text.length < shape.min * 2;
  const length = isCounted ? [...text].length : text.length;
  if (length < shape.min || length > shape.max) {
    // A length of its own says less than the pattern that implies it.
    if (shape.min === shape.max && shape.pattern !== undefined) return shape.pattern.says;
    return `must have ${shape.min} to ${shape.max} characters`;
  }
  if (shape.pattern === undefined || shape.pattern.regexp.test(text)) return undefined;
  return shape.pattern.says;
}

export function readInteger(text: string, shape: IntegerShape): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  // `+ 0` makes the zero of `-0` a plain one.
  return value >= shape.min && value <= shape.max ? value + 0 : undefined;
}

export function integerRule(shape: IntegerShape): string {
  return `must be between ${shape.min} and ${shape.max}`;
}

function readList(
  element: XmlElement,
  shape: ListShape,
  field: string,
  problems: FieldProblem[],
): unknown[] {
  const count = element.children.length;
  if (count < shape.min || count > shape.max) {
    const least = `must hold at least ${shape.min}`;
    const range = shape.min === shape.max ? `must hold exactly ${shape.min}` : least;
    problems.push({ field, message: count < shape.min ? range : `must hold at most ${shape.max}` });
  }
  return element.children.map((child, i) =>
    readShape(child, shape.item, `${field}[${i}]`, problems),
  );
}

function readMap(
  element: XmlElement,
  shape: MapShape,
  field: string,
  problems: FieldProblem[],
): Record<string, string> {
  const count = element.children.length;
  if (count < shape.min || count > shape.max) {
    problems.push({ field, message: `must hold ${shape.min} to ${shape.max} entries` });
  }
  const seen = new Map<string, string>();
  const entryShape = struct({ key: required(shape.key), value: required(shape.value) });
  for (const [i, entry] of element.children.entries()) {
    const at = `${field}[${i}]`;
    const { key, value } = readStruct(entry, entryShape, at, problems);
    if (typeof key !== 'string' || typeof value !== 'string') continue;
    if (seen.has(key)) problems.push({ field: `${at}.key`, message: 'is given more than once' });
    seen.set(key, value);
  }
  // fromEntries defines its keys, so that even `__proto__` is a key like others.
  return Object.fromEntries(seen);
}

function readStruct(
  element: XmlElement,
  shape: StructShape,
  field: string,
  problems: FieldProblem[],
): Record<string, unknown> {
  const memberOf = new Map(
    Object.entries(shape.members).map(([name, member]) => [
      member.xml ?? name,
      { name, ...member },
    ]),
  );
  const within = (name: string): string => (field === '' ? name : `${field}.${name}`);
  const read: Record<string, unknown> = {};
  const seen = new Set<string>();

  for (const child of element.children) {
    const member = memberOf.get(child.name);
    const at = within(child.name);
    if (member === undefined) {
      problems.push({ field: at, message: unknownMember(child.name) });
    } else if (seen.has(child.name)) {
      problems.push({ field: at, message: 'is given more than once' });
    } else {
      seen.add(child.name);
      const value = readShape(child, member.shape, at, problems);
      if (value !== undefined) read[member.name] = value;
    }
  }
  for (const [xml, member] of memberOf) {
    if (member.required && !seen.has(xml)) {
      problems.push({ field: within(xml), message: 'is required' });
    }
  }
  if (shape.exactlyOne !== undefined && seen.size !== 1) {
    problems.push({ field, message: shape.exactlyOne });
  }
  return read;
}

function unknownMember(name: string): string {
  return STORE_FEATURE_MEMBERS.includes(name)
    ? 'asks for a feature of AWS itself that this version does not support on any store'
    : 'is not known here';
}
