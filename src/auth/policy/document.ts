/**
 * Policy documents, AWS's JSON, read and checked: what is accepted can be judged by, and every
 * problem is told with the statement and the field that it is in.
 *
 * I1. Nothing is passed over: an element, an operator or a value that means nothing here is refused,
 *     because a Deny that is not understood would be a hole.
 * I2. Actions and condition keys of other services are accepted: they are never asked for.
 */
import { MULTIVALUED } from './context.ts';
import { OPERATORS, type Operator } from './operators.ts';
import { partsOf, problemOfPattern } from './pattern.ts';

/** Characters; AWS has 6,144 for its managed policies. */
const POLICY_CHARS_MAX = 20_480;

export interface Policy {
  /** How its owner knows it. */
  readonly name: string;
  readonly statements: readonly Statement[];
  /** Only documents of the version 2012-10-17 have policy variables. */
  readonly hasVariables: boolean;
}

export interface Statement {
  /** Position in the document, from 0. */
  readonly index: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Choice;
  readonly resources: Choice;
  readonly conditions: readonly Condition[];
}

/** Patterns, or all but what fits them. */
export interface Choice {
  readonly isNot: boolean;
  readonly patterns: readonly string[];
}

export interface Condition {
  readonly key: string;
  readonly values: readonly string[];
  /** Undefined: `Null`. */
  readonly operator: Operator | undefined;
  readonly ifExists: boolean;
  /** ForAllValues, ForAnyValue. */
  readonly quantifier?: 'all' | 'any';
}

/** One line for each problem. */
export class PolicyDefect extends Error {
  override readonly name = 'PolicyDefect';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/** Throws PolicyDefect. */
export function readPolicy(name: string, text: string): Policy {
  if (text.length > POLICY_CHARS_MAX) {
    throw new PolicyDefect([
      `The policy has ${text.length} characters: ${POLICY_CHARS_MAX} at most.`,
    ]);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new PolicyDefect([`The policy is not JSON: ${String(error)}`]);
  }
  const reader = new Reader();
  const policy = reader.policy(name, parsed);
  if (reader.problems.length > 0) throw new PolicyDefect(reader.problems);
  return policy;
}

type Members = Readonly<Record<string, unknown>>;

const POLICY_ELEMENTS = ['Version', 'Id', 'Statement'];
const STATEMENT_ELEMENTS = [
  ...['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
];
const VERSIONS = ['2012-10-17', '2008-10-17'];
const ACTION = /^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/;
const KEY = /^[A-Za-z0-9-]+:.+$/;

class Reader {
  readonly problems: string[] = [];

  policy(name: string, value: unknown): Policy {
    const members = this.#members(value, 'The policy');
    this.#known(members, POLICY_ELEMENTS, '');
    const { Version: version = '2008-10-17', Id: id, Statement: given } = members;
    if (!VERSIONS.includes(String(version))) {
      this.#problem('Version', `must be ${VERSIONS.join(' or ')}, not ${shown(version)}`);
    }
    if (id !== undefined && typeof id !== 'string') this.#problem('Id', 'must be a text');
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (given === undefined || list.length === 0)
      this.#problem('Statement', 'must hold a statement');
    const statements = list.map((one, index) => this.#statement(one, index));
    const sids = statements.flatMap(({ sid }) => sid ?? []);
    for (const [i, sid] of sids.entries()) {
      if (sids.indexOf(sid) < i) this.#problem('Statement', `has the Sid ${shown(sid)} twice`);
    }
    return { name, statements, hasVariables: version === '2012-10-17' };
  }

  #statement(value: unknown, index: number): Statement {
    const path = `Statement[${index}]`;
    const members = this.#members(value, path);
    this.#known(members, STATEMENT_ELEMENTS, `${path}.`);
    const { Sid: sid, Effect: effect, Condition: conditions } = members;
    if (sid !== undefined && (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid))) {
      this.#problem(`${path}.Sid`, 'must be letters and digits');
    }
    if (effect !== 'Allow' && effect !== 'Deny') {
      this.#problem(`${path}.Effect`, `must be Allow or Deny, not ${shown(effect)}`);
    }
    return {
      index,
      ...(typeof sid === 'string' && sid !== '' ? { sid } : {}),
      effect: effect === 'Allow' ? 'Allow' : 'Deny',
      actions: this.#choice(members, 'Action', path, problemOfAction),
      resources: this.#choice(members, 'Resource', path, problemOfResource),
      conditions: conditions === undefined ? [] : this.#conditions(conditions, path),
    };
  }

  #choice(
    members: Members,
    name: string,
    path: string,
    problemOf: (text: string) => string | undefined,
  ): Choice {
    const [plain, not] = [members[name], members[`Not${name}`]];
    if ((plain === undefined) === (not === undefined)) {
      this.#problem(path, `needs exactly one of ${name} and Not${name}`);
      return { isNot: false, patterns: [] };
    }
    const isNot = not !== undefined;
    const field = `${path}.${isNot ? 'Not' : ''}${name}`;
    const patterns = this.#values(plain ?? not, field, (one) => typeof one === 'string');
    for (const pattern of patterns) {
      const problem = problemOf(pattern);
      if (problem !== undefined) this.#problem(field, `${shown(pattern)} ${problem}`);
    }
    return { isNot, patterns };
  }

  #conditions(value: unknown, path: string): Condition[] {
    const found: Condition[] = [];
    for (const [name, block] of Object.entries(this.#members(value, `${path}.Condition`))) {
      const field = `${path}.Condition.${name}`;
      const operator = operatorOf(name);
      if (operator === undefined) {
        this.#problem(field, 'is no condition operator');
        continue;
      }
      for (const [key, values] of Object.entries(this.#members(block, field))) {
        found.push(this.#condition(operator, key, values, `${field}.${key}`));
      }
    }
    return found;
  }

  #condition(named: Named, key: string, value: unknown, field: string): Condition {
    if (!KEY.test(key)) this.#problem(field, 'is no condition key: it lacks its service');
    const values = this.#values(value, field, (one) =>
      ['string', 'number', 'boolean'].includes(typeof one),
    );
    const { operator, quantifier } = named;
    const isMany = MULTIVALUED.includes(key.toLowerCase());
    if (operator !== undefined && isMany && quantifier === undefined) {
      this.#problem(
        field,
        'has several values: say ForAllValues: or ForAnyValue: before the operator',
      );
    }
    for (const one of values) {
      const problem = operator === undefined ? problemOfNull(one) : operator.problem(one);
      if (problem !== undefined) this.#problem(field, `${shown(one)} ${problem}`);
    }
    return { key, values, ...named };
  }

  /** One or several, as texts. */
  #values(value: unknown, field: string, isOne: (value: unknown) => boolean): string[] {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) this.#problem(field, 'must hold a value');
    const odd = list.find((one) => !isOne(one));
    if (odd !== undefined || list.includes(undefined)) {
      this.#problem(field, `must be a text or a list of texts, not ${shown(odd)}`);
    }
    return list.filter(isOne).map(String);
  }

  #members(value: unknown, what: string): Members {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) this.problems.push(`${what}: must be a JSON object`);
    return isObject ? { ...value } : {};
  }

  #known(members: Members, names: readonly string[], path: string): void {
    for (const name of Object.keys(members)) {
      if (names.includes(name)) continue;
      const why = /^(Not)?Principal$/.test(name)
        ? 'does not belong here: a policy is attached to its principals'
        : `is no element of a policy; there are ${names.join(', ')}`;
      this.#problem(`${path}${name}`, why);
    }
  }

  #problem(field: string, message: string): void {
    this.problems.push(`${field}: ${message}`);
  }
}

type Named = Pick<Condition, 'operator' | 'ifExists' | 'quantifier'>;

function operatorOf(name: string): Named | undefined {
  const [, all, any, base = '', exists] =
    /^(?:(ForAllValues:)|(ForAnyValue:))?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const operator = OPERATORS.get(base);
  const isNull = name === 'Null';
  if (operator === undefined && !isNull) return undefined;
  return {
    operator,
    ifExists: exists !== undefined,
    ...(all === undefined ? {} : { quantifier: 'all' }),
    ...(any === undefined ? {} : { quantifier: 'any' }),
  };
}

function problemOfNull(value: string): string | undefined {
  return value === 'true' || value === 'false' ? undefined : 'must be true or false';
}

function problemOfAction(text: string): string | undefined {
  return ACTION.test(text) ? undefined : 'is no action such as s3:CreateJob, s3:*Job or *';
}

function problemOfResource(text: string): string | undefined {
  const isArn = text === '*' || (text.startsWith('arn:') && partsOf(text).length === 6);
  return isArn ? problemOfPattern(text) : 'is no ARN of six parts, and not *';
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
