/**
 * Shapes of parameters, as data: what a request may hold, how it is spelt in XML, and within which
 * bounds. Whoever reads a request walks its shape, so nothing is read that was not checked.
 */
export type Shape =
  TextShape | IntegerShape | BooleanShape | TimestampShape | ListShape | MapShape | StructShape;

export interface TextShape {
  readonly kind: 'text';
  /** Characters (code points). */
  readonly min: number;
  readonly max: number;
  readonly pattern?: { readonly regexp: RegExp; readonly says: string };
  readonly values?: readonly string[];
}

export interface IntegerShape {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
}

export interface BooleanShape {
  readonly kind: 'boolean';
}

export interface TimestampShape {
  readonly kind: 'timestamp';
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly min: number;
  readonly max: number;
}

export interface MapShape {
  readonly kind: 'map';
  readonly key: TextShape;
  readonly value: TextShape;
  readonly min: number;
  readonly max: number;
}

export interface StructShape {
  readonly kind: 'struct';
  readonly members: Readonly<Record<string, Member>>;
  /** A union: says what exactly one member must be. */
  readonly exactlyOne?: string;
}

export interface Member {
  readonly shape: Shape;
  readonly required: boolean;
  /** Its element's name, where that is not the member's. */
  readonly xml?: string;
}

export function text(min: number, max: number, pattern?: TextShape['pattern']): TextShape {
  return pattern === undefined ? { kind: 'text', min, max } : { kind: 'text', min, max, pattern };
}

export function oneOf(values: readonly string[]): TextShape {
  return { kind: 'text', min: 1, max: 64, values };
}

export function integer(min: number, max: number): IntegerShape {
  return { kind: 'integer', min, max };
}

export const boolean: BooleanShape = { kind: 'boolean' };
export const timestamp: TimestampShape = { kind: 'timestamp' };

export function list(item: Shape, min = 0, max = Number.MAX_SAFE_INTEGER): ListShape {
  return { kind: 'list', item, min, max };
}

export function map(key: TextShape, value: TextShape, min: number, max: number): MapShape {
  return { kind: 'map', key, value, min, max };
}

/** A plain shape is an optional member; `required` and `named` say more. */
export function struct(
  members: Readonly<Record<string, Shape | Member>>,
  exactlyOne?: string,
): StructShape {
  const entries = Object.entries(members).map(([name, member]): [string, Member] => [
    name,
    'kind' in member ? { shape: member, required: false } : member,
  ]);
  const shape = { kind: 'struct', members: Object.fromEntries(entries) } as const;
  return exactlyOne === undefined ? shape : { ...shape, exactlyOne };
}

export function required(shape: Shape, xml?: string): Member {
  return xml === undefined ? { shape, required: true } : { shape, required: true, xml };
}

export function named(xml: string, shape: Shape): Member {
  return { shape, required: false, xml };
}
