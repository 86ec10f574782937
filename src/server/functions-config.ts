/**
 * BRIGADE_FUNCTIONS: one JSON object, by the name of the function. A value is a module's path or a
 * URL, or an object that says more: {"module": "./resize.ts", "timeoutSeconds": 60, "memoryMb": 256,
 * "threads": 8} or {"url": "http://127.0.0.1:8080/f", "timeoutSeconds": 30, "headers": {...}}.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Registration } from '../functions/index.ts';
import { ConfigError } from './config-error.ts';

const NAME = 'BRIGADE_FUNCTIONS';
/** Lambda's name, and an alias or version. */
const FUNCTION = /^[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]+)?$/;
/** The built-in functions' names; whoever could register one would change what a job does. */
const RESERVED = 'brigade-';
const MODULE_MEMBERS = ['module', 'timeoutSeconds', 'memoryMb', 'threads'];
const URL_MEMBERS = ['url', 'timeoutSeconds', 'headers'];

/** Lambda's longest; its default of 3 seconds is too short for a first try with a large object. */
const TIMEOUT_SECONDS = { fallback: 60, min: 1, max: 900 };
/** Lambda's default and its largest. */
const MEMORY_MB = { fallback: 128, min: 32, max: 10_240 };
/** Each costs some 10 MB before the module is loaded. */
const THREADS = { fallback: 4, min: 1, max: 256 };

export function functionsOf(text: string | undefined): Record<string, Registration> {
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${NAME} is not JSON: ${String(error)}`);
  }
  const entries = [...membersOf(parsed, NAME)].map(([name, value]): [string, Registration] => {
    if (!FUNCTION.test(name)) {
      throw new ConfigError(`${NAME}: "${name}" is no name that a function can have.`);
    }
    if (name.startsWith(RESERVED)) {
      throw new ConfigError(`${NAME}: names with ${RESERVED} are those of built-in functions.`);
    }
    return [name, registrationOf(value, `${NAME}.${name}`)];
  });
  return Object.fromEntries(entries);
}

function registrationOf(value: unknown, at: string): Registration {
  if (typeof value === 'string') {
    const member = /^https?:/.test(value) ? 'url' : 'module';
    return registrationOf({ [member]: value }, at);
  }
  const members = membersOf(value, at);
  const isUrl = members.has('url');
  const known = isUrl ? URL_MEMBERS : MODULE_MEMBERS;
  const stranger = [...members.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new ConfigError(`${at}: knows ${known.join(', ')}, not "${stranger}".`);
  }
  const timeoutMs = whole(members.get('timeoutSeconds'), `${at}.timeoutSeconds`, TIMEOUT_SECONDS);
  return isUrl ? urlOf(members, timeoutMs * 1000, at) : moduleOf(members, timeoutMs * 1000, at);
}

function urlOf(members: Members, timeoutMs: number, at: string): Registration {
  const url = members.get('url');
  const isGood = typeof url === 'string' && /^https?:/.test(url) && URL.canParse(url);
  if (!isGood) throw new ConfigError(`${at}.url: must be a URL with http or https.`);
  const headers: Record<string, string> = {};
  for (const [name, value] of membersOf(members.get('headers') ?? {}, `${at}.headers`)) {
    if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value) || !/^[\w-]+$/.test(name)) {
      throw new ConfigError(`${at}.headers.${name}: must be a header of printable characters.`);
    }
    headers[name.toLowerCase()] = value;
  }
  return { kind: 'url', url, timeoutMs, headers };
}

function moduleOf(members: Members, timeoutMs: number, at: string): Registration {
  const module = members.get('module');
  if (typeof module !== 'string' || module === '') {
    throw new ConfigError(`${at}: must be the path of a module or a URL.`);
  }
  const path = resolve(module);
  if (!existsSync(path)) throw new ConfigError(`${at}: there is no file ${path}.`);
  const memoryMb = whole(members.get('memoryMb'), `${at}.memoryMb`, MEMORY_MB);
  const threads = whole(members.get('threads'), `${at}.threads`, THREADS);
  return { kind: 'module', path, timeoutMs, memoryMb, threads };
}

type Members = ReadonlyMap<string, unknown>;

function membersOf(value: unknown, at: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${at}: must be an object.`);
  }
  return new Map(Object.entries(value));
}

function whole(
  value: unknown,
  at: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new ConfigError(`${at}: must be a whole number between ${min} and ${max}.`);
}
