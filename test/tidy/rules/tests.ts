/** Tests run, all of them, and each can be told from the others. */
import ts from 'typescript';
import type { Finding, Rule } from '../repo.ts';
import { lineOf, sourcesOf, textOf, walk, type Source } from '../source.ts';

const STARTERS = ['test', 'it', 'describe', 'suite'];

/** A test outside test/ would not be found by `npm test`. */
export const testsInTheirPlace: Rule = (repo) =>
  [...repo.keys()]
    .filter((path) => /\.(test|spec)\.[cm]?[jt]sx?$/.test(path))
    .filter((path) => !/^test\/.*\.test\.ts$/.test(path))
    .map((path) => ({ path, line: 0, message: 'a test that `npm test` does not find' }));

/**
 * No test is singled out, and none is skipped without a reason that is printed. A reason that only
 * the running test knows is looked at by the runner (test/lib/run-files.ts).
 */
export const testsAllRun: Rule = (repo) =>
  testSources(repo).flatMap((source) => {
    const findings: Finding[] = [];
    const add = (node: ts.Node, message: string): void => {
      findings.push({ path: source.path, line: lineOf(source.tree, node), message });
    };
    walk(source.tree, (node) => {
      const message = shyMessage(node);
      if (message !== undefined) add(node, message);
    });
    return findings;
  });

function shyMessage(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = node.expression;
  if (ts.isPropertyAccessExpression(callee)) {
    const word = callee.name.text;
    const isStarter = STARTERS.includes(callee.expression.getText());
    if (isStarter && ['only', 'skip', 'todo'].includes(word)) {
      return `${callee.getText()}: say why in { skip: 'reason' }, or let it run`;
    }
    const isContext = /^(t|ctx|context)$/.test(callee.expression.getText());
    if (isContext && ['skip', 'todo'].includes(word) && textOf(node.arguments[0]) === undefined) {
      return `${callee.getText()} without a reason`;
    }
  }
  return isStart(node) ? optionsProblem(node) : undefined;
}

function optionsProblem(node: ts.CallExpression): string | undefined {
  const options = node.arguments.find((argument) => ts.isObjectLiteralExpression(argument));
  for (const property of options?.properties ?? []) {
    if (!ts.isPropertyAssignment(property)) continue;
    const name = property.name.getText();
    if (name === 'only' || name === 'todo') return `{ ${name} }`;
    const isBare = property.initializer.kind === ts.SyntaxKind.TrueKeyword;
    if (name === 'skip' && isBare) return '{ skip } without a reason';
  }
  return undefined;
}

function isStart(node: ts.CallExpression): boolean {
  const callee = node.expression;
  if (ts.isIdentifier(callee)) return STARTERS.includes(callee.text);
  // A subtest, not a regular expression: that takes one argument.
  return (
    ts.isPropertyAccessExpression(callee) &&
    callee.name.text === 'test' &&
    node.arguments.length > 1
  );
}

/** Inside a file no two tests have one name, so that a failure names its test. */
export const testNamesUnique: Rule = (repo) =>
  testSources(repo).flatMap((source) => {
    const findings: Finding[] = [];
    const seen = new Set<string>();
    const visit = (node: ts.Node, outer: string): void => {
      let inner = outer;
      if (ts.isCallExpression(node) && isStart(node)) {
        const name = textOf(node.arguments[0]);
        inner = `${outer} > ${name ?? ''}`;
        if (name !== undefined && seen.has(inner)) {
          const line = lineOf(source.tree, node);
          findings.push({ path: source.path, line, message: `a second test named '${name}'` });
        }
        seen.add(inner);
      }
      ts.forEachChild(node, (child) => visit(child, inner));
    };
    visit(source.tree, '');
    return findings;
  });

function testSources(repo: Parameters<Rule>[0]): readonly Source[] {
  return [...sourcesOf(repo).values()].filter((source) => source.path.startsWith('test/'));
}
