/** What comes by query or JSON body, read with names and bounds. Each throws ApiError. */
import { ApiError } from '../../model/api-error.ts';

export function refuse(name: string, message: string): never {
  throw new ApiError('BadRequestException', `${name}: ${message}`);
}

/** Empty when it is left out. */
export function textParameter(query: URLSearchParams, name: string, max = 1024): string {
  const text = query.get(name) ?? '';
  return text.length <= max ? text : refuse(name, `must have at most ${max} characters`);
}

export function neededParameter(query: URLSearchParams, name: string, max = 1024): string {
  return textParameter(query, name, max) || refuse(name, 'is required');
}

export function wholeParameter(
  query: URLSearchParams,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : refuse(name, `must be between ${min} and ${max}`);
}

export function choiceParameter<T extends string>(
  query: URLSearchParams,
  name: string,
  values: readonly T[],
  fallback: T,
): T {
  const text = query.get(name);
  if (text === null) return fallback;
  return values.find((one) => one === text) ?? refuse(name, `must be one of ${values.join(', ')}`);
}

export function membersOf(body: unknown): ReadonlyMap<string, unknown> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return isObject ? new Map(Object.entries(body)) : refuse('body', 'must be a JSON object');
}

export function textMember(members: ReadonlyMap<string, unknown>, name: string): string {
  const value = members.get(name);
  if (typeof value === 'string' && value.length <= 4096) return value;
  return value === undefined ? '' : refuse(name, 'must be a text of at most 4096 characters');
}
