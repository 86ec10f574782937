/**
 * Whether policies allow a request. Pure.
 *
 * I1. An explicit Deny that applies wins, wherever it stands; without an Allow that applies the
 *     answer is no.
 * I2. A session policy takes away and never gives: the request must be allowed by both.
 * I3. What cannot be told is held against the request: a key that should have one value and has
 *     several (two tags that differ by case alone), and a variable that stands for nothing under a
 *     negation, make an Allow not apply and a Deny apply.
 */
import { type Context, valuesOf } from './context.ts';
import type { Choice, Condition, Policy, Statement } from './document.ts';
import { fitsAction, fitsArn } from './pattern.ts';

export interface Ask {
  /** `s3:CreateJob` */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  readonly context: Context;
}

export interface Decision {
  readonly isAllowed: boolean;
  readonly why:
    | 'root'
    | 'allowed'
    | 'explicit-deny'
    | 'no-statement'
    | 'session-explicit-deny'
    | 'session-no-statement';
  /** The statement that decided; absent: the lack of one did. */
  readonly by?: { readonly policy: string; readonly index: number; readonly sid?: string };
}

/** `session`: undefined when there is none, which is not the same as an empty one. */
export function decide(
  ask: Ask,
  identity: readonly Policy[],
  session?: readonly Policy[],
): Decision {
  const denied = find('Deny', ask, identity);
  if (denied) return { isAllowed: false, why: 'explicit-deny', by: denied };
  const deniedBySession = session && find('Deny', ask, session);
  if (deniedBySession) {
    return { isAllowed: false, why: 'session-explicit-deny', by: deniedBySession };
  }
  const allowed = find('Allow', ask, identity);
  if (!allowed) return { isAllowed: false, why: 'no-statement' };
  if (session && !find('Allow', ask, session)) {
    return { isAllowed: false, why: 'session-no-statement' };
  }
  return { isAllowed: true, why: 'allowed', by: allowed };
}

function find(effect: Statement['effect'], ask: Ask, policies: readonly Policy[]): Decision['by'] {
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (statement.effect !== effect || !applies(statement, ask, policy.hasVariables)) continue;
      const { index, sid } = statement;
      return { policy: policy.name, index, ...(sid === undefined ? {} : { sid }) };
    }
  }
  return undefined;
}

/** Yes, no, or not to be told. */
type Answer = boolean | undefined;

function applies(statement: Statement, ask: Ask, hasVariables: boolean): boolean {
  const { actions, resources, conditions, effect } = statement;
  const isUnclear = effect === 'Deny'; // I3
  const { action, resource, context } = ask;
  return (
    isChosen(actions, (pattern) => fitsAction(action, pattern)) === true &&
    (isChosen(resources, (pattern) => fitsArn(resource, pattern, context, hasVariables)) ??
      isUnclear) &&
    conditions.every((condition) => holds(condition, context, hasVariables) ?? isUnclear)
  );
}

function isChosen({ isNot, patterns }: Choice, fits: (pattern: string) => Answer): Answer {
  const answers = patterns.map(fits);
  return any(answers, isNot);
}

/**
 * Whether one of them is a yes, or with `isNegated` none. A variable that stands for nothing is no
 * yes, but that it is none cannot be told.
 */
function any(answers: readonly Answer[], isNegated: boolean): Answer {
  if (answers.includes(true)) return !isNegated;
  if (!isNegated) return false;
  return answers.includes(undefined) ? undefined : true;
}

function holds(condition: Condition, context: Context, hasVariables: boolean): Answer {
  const { operator, key, values, ifExists, quantifier } = condition;
  const given = valuesOf(context, key);
  if (operator === undefined) return values.includes(String(given.length === 0));
  if (given.length === 0) {
    return ifExists || quantifier === 'all' || (quantifier === undefined && operator.isNegated);
  }
  const meets = (one: string): Answer => {
    const answers = values.map((wanted) => operator.meets(one, wanted, context, hasVariables));
    return any(answers, operator.isNegated);
  };
  if (quantifier === undefined) return given.length === 1 ? meets(given[0] ?? '') : undefined; // I3
  const answers = given.map(meets);
  const settled = quantifier === 'any';
  if (answers.includes(settled)) return settled;
  return answers.includes(undefined) ? undefined : !settled;
}
