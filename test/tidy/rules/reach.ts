/** Doors to the outside: clock, chance, environment, console; and the names of operations. */
import ts from 'typescript';
import type { Door } from '../plan.ts';
import { isListed, type Finding, type Rule } from '../repo.ts';
import { houseSources, lineOf, srcSources, walk, type Source } from '../source.ts';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];
const CHANCE = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'];

/** Members of globals that reach outside, by the global. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, Door>>>> = {
  Date: { now: 'clock' },
  performance: { now: 'clock', timeOrigin: 'clock' },
  process: { hrtime: 'clock', uptime: 'clock', env: 'environment', argv: 'environment' },
  AbortSignal: { timeout: 'clock' },
  Math: { random: 'random' },
};

/** Modules that are nothing but such a door. */
const MODULES: Readonly<Record<string, Door>> = {
  'node:timers': 'clock',
  'node:timers/promises': 'clock',
  'node:perf_hooks': 'clock',
  'node:process': 'environment',
  'node:console': 'console',
};

export const clock: Rule = doorRule('clock');
export const random: Rule = doorRule('random');
export const environment: Rule = doorRule('environment');
export const consoles: Rule = doorRule('console');

function doorRule(door: Door): Rule {
  return (repo, plan) =>
    houseSources(repo)
      .filter((source) => !isListed(source.path, plan.doors[door]))
      .flatMap((source) => [...importsOf(source, door), ...usesOf(source, door)]);
}

function importsOf(source: Source, door: Door): readonly Finding[] {
  return source.imports
    .filter((imported) => !imported.typeOnly && MODULES[imported.specifier] === door)
    .map(({ line, specifier }) => ({ path: source.path, line, message: `imports ${specifier}` }));
}

function usesOf(source: Source, door: Door): readonly Finding[] {
  const findings: Finding[] = [];
  walk(source.tree, (node) => {
    const used = reachOf(node);
    if (used?.door !== door) return;
    findings.push({
      path: source.path,
      line: lineOf(source.tree, node),
      message: `uses ${used.what}`,
    });
  });
  return findings;
}

interface Reach {
  readonly door: Door;
  readonly what: string;
}

function reachOf(node: ts.Node): Reach | undefined {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const isDate = ts.isIdentifier(node.expression) && node.expression.text === 'Date';
    const isNow = isDate && (ts.isCallExpression(node) || (node.arguments ?? []).length === 0);
    return isNow ? { door: 'clock', what: 'Date without arguments' } : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) return memberReach(node.expression, node.name.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return memberReach(node.expression, node.argumentExpression.text);
  }
  if (ts.isVariableDeclaration(node)) return destructuredReach(node);
  return ts.isIdentifier(node) && isValueUse(node) ? nameReach(node.text) : undefined;
}

function memberReach(object: ts.Expression, member: string): Reach | undefined {
  const global = globalName(object);
  if (global === 'globalThis') return nameReach(member);
  const door = global === undefined ? undefined : MEMBERS[global]?.[member];
  if (door !== undefined) return { door, what: `${global}.${member}` };
  // Whatever the object: `crypto`, `webcrypto` and namespaces go by many names, these words do not.
  return CHANCE.includes(member) ? { door: 'random', what: member } : undefined;
}

/** 'Date' of `Date` and of `globalThis.Date`. */
function globalName(object: ts.Expression): string | undefined {
  if (ts.isIdentifier(object)) return object.text;
  const isGlobal =
    ts.isPropertyAccessExpression(object) && object.expression.getText() === 'globalThis';
  return isGlobal ? object.name.text : undefined;
}

/** `const { now } = Date` */
function destructuredReach(node: ts.VariableDeclaration): Reach | undefined {
  if (node.initializer === undefined || !ts.isObjectBindingPattern(node.name)) return undefined;
  for (const element of node.name.elements) {
    const reach = memberReach(node.initializer, (element.propertyName ?? element.name).getText());
    if (reach !== undefined) return reach;
  }
  return undefined;
}

function nameReach(name: string): Reach | undefined {
  if (TIMERS.includes(name)) return { door: 'clock', what: name };
  if (CHANCE.includes(name)) return { door: 'random', what: name };
  return name === 'console' ? { door: 'console', what: name } : undefined;
}

/** An identifier that stands for a value here: not a member's name, a declared name, or a type. */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isImportSpecifier(parent)) return (parent.propertyName ?? parent.name) === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) {
    return 'expression' in parent && parent.expression === node;
  }
  if (ts.isTypeQueryNode(parent) || ts.isPartOfTypeNode(node)) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  return !('name' in parent && parent.name === node);
}

/** What is special about an operation is a property that it declares, so one file adds one. */
export function operationNames(names: readonly string[]): Rule {
  const pattern = new RegExp(`\\b(${names.join('|')})\\b`);
  return (repo, plan) =>
    srcSources(repo)
      .filter((source) => !plan.operationRooms.includes(source.room))
      .flatMap((source) => {
        const findings: Finding[] = [];
        walk(source.tree, (node) => {
          const text = codeText(node);
          const match = text === undefined ? null : pattern.exec(text);
          if (match === null) return;
          const line = lineOf(source.tree, node);
          findings.push({ path: source.path, line, message: `names the operation ${match[0]}` });
        });
        return findings;
      });
}

function codeText(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) return node.text;
  const isTemplatePart =
    node.kind === ts.SyntaxKind.TemplateHead ||
    node.kind === ts.SyntaxKind.TemplateMiddle ||
    node.kind === ts.SyntaxKind.TemplateTail;
  return isTemplatePart || ts.isRegularExpressionLiteral(node) ? node.getText() : undefined;
}
