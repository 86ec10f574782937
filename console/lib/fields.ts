/** Forms as data: the parameters of an operation, where they go in CreateJob, and how people say them. Pure. */
import type { Parameters, Tag } from './types.ts';

export interface Grant {
  readonly type: string;
  readonly identifier: string;
  readonly permission: string;
}

interface Base {
  /** Where the value goes, as `Retention.Mode`. */
  readonly path: string;
  readonly label: string;
  readonly help?: string;
  readonly isRequired?: boolean;
  /** Shown only when another field has one of these values. */
  readonly when?: { readonly path: string; readonly is: readonly unknown[] };
  readonly isAdvanced?: boolean;
}

export type Field = Base &
  (
    | { readonly kind: 'text'; readonly placeholder?: string }
    | { readonly kind: 'number'; readonly min?: number }
    | {
        readonly kind: 'choice';
        readonly options: readonly (readonly [string, string])[];
        readonly fallback?: string;
      }
    | { readonly kind: 'flag' }
    | { readonly kind: 'time' }
    | { readonly kind: 'tags' }
    | { readonly kind: 'map' }
    | { readonly kind: 'bucket' }
    | { readonly kind: 'grants' }
  );

/** By path: text and times as strings, flags as booleans, tags and maps as lists of tags. */
export type Values = Readonly<Record<string, unknown>>;

type Tree = { [name: string]: unknown };

/** What CreateJob takes; what is empty is left out. */
export function toParameters(
  fields: readonly Field[],
  values: Values,
  fixed: Parameters = {},
): Parameters {
  const tree: Tree = structuredClone(fixed);
  for (const field of fields) {
    const value = isShown(field, values) ? spelt(field, values[field.path]) : undefined;
    if (value !== undefined) put(tree, field.path.split('.'), value);
  }
  return tree;
}

export function fromParameters(fields: readonly Field[], parameters: Parameters): Values {
  const values: Tree = {};
  for (const field of fields) {
    const found = find(parameters, field.path.split('.'));
    if (found !== undefined) values[field.path] = read(field, found);
  }
  return values;
}

/** Required fields that are shown and empty, by path. */
export function missing(fields: readonly Field[], values: Values): ReadonlySet<string> {
  const empty = fields.filter((field) => {
    const isOpen = field.isRequired === true && isShown(field, values);
    return isOpen && spelt(field, values[field.path]) === undefined;
  });
  return new Set(empty.map(({ path }) => path));
}

export function isShown({ when }: Field, values: Values): boolean {
  return when === undefined || when.is.includes(values[when.path] ?? '');
}

function spelt(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'flag':
      return value === true ? true : undefined;
    case 'number':
      return value === undefined || value === '' ? undefined : Number(value);
    case 'time': {
      const at = new Date(String(value ?? ''));
      return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
    }
    case 'tags':
      if (Array.isArray(value)) return value;
      // A required set may be empty: that is how all tags are removed.
      return field.isRequired === true ? [] : undefined;
    case 'map': {
      const entries = (Array.isArray(value) ? (value as Tag[]) : []).map((tag) => [
        tag.Key,
        tag.Value,
      ]);
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    }
    case 'grants':
      return Array.isArray(value) && value.length > 0 ? (value as Grant[]).map(grantOf) : undefined;
    case 'bucket':
      return value ? `arn:aws:s3:::${String(value)}` : undefined;
    case 'text':
    case 'choice':
      return value === undefined || value === '' ? undefined : value;
  }
}

function read(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'number':
      return String(value);
    case 'map':
      return Object.entries(value as object).map(([Key, one]) => ({ Key, Value: String(one) }));
    case 'bucket':
      return String(value).split(':').at(-1) ?? '';
    case 'grants':
      return (value as GrantShape[]).map(({ Grantee, Permission }) => ({
        type: Grantee.TypeIdentifier,
        identifier: Grantee.Identifier,
        permission: Permission,
      }));
    case 'text':
    case 'choice':
    case 'flag':
    case 'time':
    case 'tags':
      return value;
  }
}

interface GrantShape {
  readonly Grantee: { readonly TypeIdentifier: string; readonly Identifier: string };
  readonly Permission: string;
}

function grantOf({ type, identifier, permission }: Grant): GrantShape {
  return { Grantee: { TypeIdentifier: type, Identifier: identifier }, Permission: permission };
}

function put(tree: Tree, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const inner = (tree[name] ?? {}) as Tree;
  tree[name] = inner;
  put(inner, rest, value);
}

function find(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Tree)[name] : undefined),
    tree,
  );
}
