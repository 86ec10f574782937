/** Condition operators: what a value of a policy must look like, and when a request's value meets it. */
import { BlockList, isIP } from 'node:net';
import type { Context } from './context.ts';
import {
  fits,
  fitsArn,
  hasVariables,
  partsOf,
  patternOf,
  problemOfPattern,
  textOf,
} from './pattern.ts';

export interface Operator {
  /** Holds when no value is met. */
  readonly isNegated: boolean;
  /** Why a policy may not say this; undefined: it may. */
  problem(value: string): string | undefined;
  /** Undefined: a variable in `wanted` stands for nothing here. */
  meets(given: string, wanted: string, context: Context, hasVars: boolean): boolean | undefined;
}

type Judge = Omit<Operator, 'isNegated'>;

const equals: Judge = {
  problem: problemOfPattern,
  meets(given, wanted, context, hasVars) {
    const text = textOf(wanted, context, hasVars);
    return text === undefined ? undefined : given === text;
  },
};

const equalsIgnoreCase: Judge = {
  problem: problemOfPattern,
  meets(given, wanted, context, hasVars) {
    const text = textOf(wanted, context, hasVars);
    return text === undefined ? undefined : given.toLowerCase() === text.toLowerCase();
  },
};

const like: Judge = {
  problem: problemOfPattern,
  meets(given, wanted, context, hasVars) {
    const pattern = patternOf(wanted, context, hasVars);
    return pattern && fits(given, pattern);
  },
};

const arn: Judge = {
  problem: (value) =>
    value === '*' || partsOf(value).length === 6
      ? problemOfPattern(value)
      : 'must be an ARN of six parts, or *',
  meets: (given, wanted, context, hasVars) => fitsArn(given, wanted, context, hasVars),
};

const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;
const numberOf = (text: string): number => (NUMBER.test(text) ? Number(text) : NaN);
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** ISO 8601, or seconds since 1970. */
function dateOf(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000;
  return DATE.test(text) ? Date.parse(inUtc(text)) : NaN;
}
/** Without a zone a date and time is UTC, not the machine's own. */
const inUtc = (text: string): string =>
  text.includes('T') && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text;

function ordered(
  read: (text: string) => number,
  what: string,
  holds: (given: number, wanted: number) => boolean,
): Judge {
  return {
    problem: (value) => (Number.isNaN(read(value)) ? `must be ${what}` : withoutVariables(value)),
    // NaN is not in any order to anything.
    meets: (given, wanted) => holds(read(given), read(wanted)),
  };
}

const numeric = (holds: (given: number, wanted: number) => boolean): Judge =>
  ordered(numberOf, 'a number', holds);
const date = (holds: (given: number, wanted: number) => boolean): Judge =>
  ordered(dateOf, 'a date such as 2026-12-31T00:00:00Z, or seconds since 1970', holds);

const bool: Judge = {
  problem: (value) => (/^(true|false)$/i.test(value) ? undefined : 'must be true or false'),
  meets: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
};

const ip: Judge = {
  problem: (value) =>
    networkOf(value) === undefined
      ? 'must be an address or a network such as 192.0.2.0/24 or 2001:db8::/32'
      : undefined,
  meets(given, wanted) {
    const address = plainAddress(given);
    const family = isIP(address);
    const network = networkOf(wanted);
    return family !== 0 && network?.check(address, family === 6 ? 'ipv6' : 'ipv4') === true;
  },
};

function networkOf(text: string): BlockList | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const prefix = length === undefined ? bits : prefixOf(length);
  if (family === 0 || address.includes('%') || rest.length > 0 || prefix < 0 || prefix > bits)
    return undefined;
  const network = new BlockList();
  network.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  return network;
}

function prefixOf(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : -1;
}

/** An IPv4 address as a socket of IPv6 shows it is one of IPv4; without its zone. */
function plainAddress(text: string): string {
  const [address = ''] = text.split('%');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

function withoutVariables(value: string): string | undefined {
  return hasVariables(value) ? 'may not hold a variable' : undefined;
}

const yes = (judge: Judge): Operator => ({ ...judge, isNegated: false });
const no = (judge: Judge): Operator => ({ ...judge, isNegated: true });

/** By their names; `Null` is none of them, as it asks for no value. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', yes(equals)],
  ['StringNotEquals', no(equals)],
  ['StringEqualsIgnoreCase', yes(equalsIgnoreCase)],
  ['StringNotEqualsIgnoreCase', no(equalsIgnoreCase)],
  ['StringLike', yes(like)],
  ['StringNotLike', no(like)],
  ['NumericEquals', yes(numeric((given, wanted) => given === wanted))],
  ['NumericNotEquals', no(numeric((given, wanted) => given === wanted))],
  ['NumericLessThan', yes(numeric((given, wanted) => given < wanted))],
  ['NumericLessThanEquals', yes(numeric((given, wanted) => given <= wanted))],
  ['NumericGreaterThan', yes(numeric((given, wanted) => given > wanted))],
  ['NumericGreaterThanEquals', yes(numeric((given, wanted) => given >= wanted))],
  ['DateEquals', yes(date((given, wanted) => given === wanted))],
  ['DateNotEquals', no(date((given, wanted) => given === wanted))],
  ['DateLessThan', yes(date((given, wanted) => given < wanted))],
  ['DateLessThanEquals', yes(date((given, wanted) => given <= wanted))],
  ['DateGreaterThan', yes(date((given, wanted) => given > wanted))],
  ['DateGreaterThanEquals', yes(date((given, wanted) => given >= wanted))],
  ['Bool', yes(bool)],
  ['IpAddress', yes(ip)],
  ['NotIpAddress', no(ip)],
  ['ArnEquals', yes(arn)],
  ['ArnLike', yes(arn)],
  ['ArnNotEquals', no(arn)],
  ['ArnNotLike', no(arn)],
]);
