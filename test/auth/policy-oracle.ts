/**
 * A second evaluator of policies, slow and plain: wildcards by regular expressions, statements by
 * recursion over raw JSON. It shares nothing with src/auth/policy but the language, and knows the
 * part of it that `policies` below makes.
 */
import fc from 'fast-check';

export interface RawStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface RawAsk {
  readonly action: string;
  readonly resource: string;
  /** Empty lists are keys that are not there. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export function oracle(ask: RawAsk, statements: readonly RawStatement[]): boolean {
  const matching = statements.filter((statement) => matches(ask, statement));
  if (matching.some(({ Effect }) => Effect === 'Deny')) return false;
  return matching.length > 0;
}

function matches(ask: RawAsk, statement: RawStatement): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const action = (pattern: string): boolean => wild(pattern, 'i').test(ask.action);
  const resource = (pattern: string): boolean => arn(pattern, ask.resource);
  if (Action && !Action.some(action)) return false;
  if (NotAction?.some(action)) return false;
  if (Resource && !Resource.some(resource)) return false;
  if (NotResource?.some(resource)) return false;
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(operator, values, ask.context[key] ?? [])),
  );
}

function wild(pattern: string, flags = ''): RegExp {
  const body = pattern
    .split('')
    .map((char) => ({ '*': '[^]*', '?': '[^]' })[char] ?? char.replace(/[^A-Za-z0-9]/, '\\$&'))
    .join('');
  return new RegExp(`^(?:${body})$`, `s${flags}`);
}

function arn(pattern: string, text: string): boolean {
  if (pattern === '*') return true;
  const six = (one: string): string[] => {
    const [a = '', b = '', c = '', d = '', e = '', ...rest] = one.split(':');
    return [a, b, c, d, e, rest.join(':')];
  };
  if (text.split(':').length < 6) return false;
  const parts = six(text);
  return six(pattern).every((part, i) => wild(part).test(parts[i] ?? ''));
}

const PLAIN: Readonly<Record<string, (given: string, wanted: string) => boolean>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toUpperCase() === wanted.toUpperCase(),
  StringLike: (given, wanted) => wild(wanted).test(given),
  NumericEquals: (given, wanted) => +given === +wanted,
  NumericLessThan: (given, wanted) => +given < +wanted,
  NumericLessThanEquals: (given, wanted) => +given <= +wanted,
  NumericGreaterThan: (given, wanted) => +given > +wanted,
  NumericGreaterThanEquals: (given, wanted) => +given >= +wanted,
  ArnLike: (given, wanted) => arn(wanted, given),
};
const OPPOSITE: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  ArnNotLike: 'ArnLike',
};

function holds(operator: string, values: readonly string[], given: readonly string[]): boolean {
  if (operator === 'Null')
    return values.some((value) => (value === 'true') === (given.length === 0));
  if (operator.startsWith('ForAllValues:')) {
    return given.every((one) => holds(operator.slice(13), values, [one]));
  }
  if (operator.startsWith('ForAnyValue:')) {
    return given.some((one) => holds(operator.slice(12), values, [one]));
  }
  if (operator.endsWith('IfExists')) {
    return given.length === 0 || holds(operator.slice(0, -8), values, given);
  }
  const opposite = OPPOSITE[operator];
  if (opposite !== undefined) return !holds(opposite, values, given);
  const judge = PLAIN[operator];
  if (judge === undefined) throw new Error(`The oracle does not know ${operator}.`);
  return given.length > 0 && values.some((value) => judge(given[0] ?? '', value));
}

const TEXTS = ['a', 'A', 'ab', 'b', 'aXb', 'a*b', '*', ''];
const PATTERNS = ['a', 'a*', '*b', 'a?b', '?', '*', 'A', 'ab'];
const NUMBERS = ['0', '1', '10', '100', '-5', '2.5'];
const ARNS = ['arn:aws:s3:r:1:job/a', 'arn:aws:s3:r:2:job/a:b', 'arn:aws:iam::1:role/x', '*'];
const ARN_PATTERNS = [
  ...['*', 'arn:aws:s3:*:1:job/*', 'arn:aws:s3:r:?:job/a', 'arn:*:*:*:*:*'],
  ...['arn:aws:iam::1:role/?', 'arn:aws:s3:r:2:job/a:b', 'arn:aws:s3:*:*:*b'],
];
const ACTIONS = ['s3:CreateJob', 's3:DescribeJob', 'iam:PassRole'];
const ACTION_PATTERNS = ['*', 's3:*', 's3:*Job', 'S3:CREATEJOB', 's3:?escribeJob', 'iam:Pass*'];

const some = (values: readonly string[], minLength = 1): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...values), { minLength, maxLength: 3 });

/** Keys by what they hold; `x:many` has several values. */
const STRINGS = ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringLike'];
const MORE_STRINGS = ['StringNotEqualsIgnoreCase', 'StringNotLike'];
const NUMERICS = ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'];
const MORE_NUMERICS = ['NumericGreaterThan', 'NumericGreaterThanEquals'];

const operatorOn = (
  key: string,
  names: readonly string[],
  values: readonly string[],
  forms: readonly ((name: string) => string)[],
): fc.Arbitrary<readonly [operator: string, key: string, values: string[]]> =>
  fc.tuple(
    fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...forms))
      .map(([name, form]) => form(name)),
    fc.constant(key),
    some(values),
  );

const ONE = [(name: string) => name, (name: string) => `${name}IfExists`];
const MANY = [(name: string) => `ForAllValues:${name}`, (name: string) => `ForAnyValue:${name}`];

const condition = fc.oneof(
  operatorOn('x:text', [...STRINGS, ...MORE_STRINGS], PATTERNS, ONE),
  operatorOn('x:other', [...STRINGS, ...MORE_STRINGS], TEXTS, ONE),
  operatorOn('aws:TagKeys', [...STRINGS, ...MORE_STRINGS], PATTERNS, MANY),
  operatorOn('x:number', [...NUMERICS, ...MORE_NUMERICS], NUMBERS, ONE),
  operatorOn('x:arn', ['ArnLike', 'ArnNotLike'], ARN_PATTERNS, ONE),
  operatorOn('x:text', ['Null'], ['true', 'false'], [(name) => name]),
);

const statement: fc.Arbitrary<RawStatement> = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    action: fc.tuple(fc.boolean(), some(ACTION_PATTERNS)),
    resource: fc.tuple(fc.boolean(), some(ARN_PATTERNS)),
    conditions: fc.array(condition, { maxLength: 3 }),
  })
  .map(({ Effect, action, resource, conditions }) => {
    const Condition: Record<string, Record<string, string[]>> = {};
    for (const [operator, key, values] of conditions) (Condition[operator] ??= {})[key] = values;
    return {
      Effect: Effect, // One of the two above.
      [action[0] ? 'NotAction' : 'Action']: action[1],
      [resource[0] ? 'NotResource' : 'Resource']: resource[1],
      Condition,
    };
  });

export const policies: fc.Arbitrary<readonly RawStatement[]> = fc.array(statement, {
  minLength: 1,
  maxLength: 4,
});

const atMostOne = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...values), { maxLength: 1 });

export const asks: fc.Arbitrary<RawAsk> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  resource: fc.constantFrom(...ARNS),
  context: fc.record({
    'x:text': atMostOne(TEXTS),
    'x:other': atMostOne(TEXTS),
    'aws:TagKeys': some(TEXTS, 0),
    'x:number': atMostOne(NUMBERS),
    'x:arn': atMostOne(ARNS.filter((one) => one !== '*')),
  }),
});
