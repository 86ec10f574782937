/** Nothing lies about: dead files, dead exports, dependencies nobody decided on. */
import ts from 'typescript';
import type { Finding, Repo, Rule } from '../repo.ts';
import { houseSources, sourcesOf, walk, type Export, type Source } from '../source.ts';

/** Every file is reachable from an entry; being tested is no use. */
export const deadFiles: Rule = (repo, plan) => {
  const sources = new Map(houseSources(repo).map((source) => [source.path, source]));
  const missing = plan.entries.filter((entry) => !sources.has(entry));
  if (missing.length > 0) {
    return missing.map((path) => ({ path, line: 0, message: 'this entry does not exist' }));
  }
  const reached = new Set<string>();
  const open = [...plan.entries, ...[...sources.keys()].filter((path) => path.startsWith('bin/'))];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = sources.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { target } of source.imports) if (target !== undefined) open.push(target);
  }
  return [...sources.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => ({ path, line: 0, message: 'nothing that runs imports this file' }));
};

/**
 * An export is imported by some file, be it a test. A type may also stay exported because its own
 * file's signatures speak of it, and a door may offer types that nobody has asked for yet.
 */
export const deadExports: Rule = (repo) => {
  const used = usedNames(repo);
  return houseSources(repo).flatMap((source) =>
    source.exports
      .filter((exported) => !isUsed(source, exported, used))
      .map((exported): Finding => ({
        path: source.path,
        line: exported.line,
        message: `exports ${exported.name}, which nobody imports`,
      })),
  );
};

/** Names imported from each file; `*` when all of them are. */
function usedNames(repo: Repo): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  for (const source of sourcesOf(repo).values()) {
    for (const { target, names } of source.imports) {
      if (target === undefined) continue;
      const known = used.get(target) ?? new Set<string>();
      for (const name of names === 'all' ? ['*'] : names) known.add(name);
      used.set(target, known);
    }
  }
  return used;
}

function isUsed(
  source: Source,
  exported: Export,
  used: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const names = used.get(source.path);
  if (names?.has(exported.name) === true || names?.has('*') === true) return true;
  if (!exported.isType) return false;
  return exported.isReexport || mentions(source, exported.name) > 1;
}

function mentions(source: Source, name: string): number {
  let count = 0;
  walk(source.tree, (node) => {
    if (ts.isIdentifier(node) && node.text === name) count++;
  });
  return count;
}

/** What we ship with us was chosen in writing: a page of docs/decisions names it. */
export const decidedDependencies: Rule = (repo) => {
  const manifest: unknown = JSON.parse(repo.get('package.json') ?? '{}');
  const dependencies = fieldNames(manifest, 'dependencies');
  const pages = [...repo].filter(([path]) => /^docs\/decisions\/.*\.md$/.test(path));
  const isNamed = (name: string): boolean => pages.some(([, text]) => wordPattern(name).test(text));
  return dependencies
    .filter((name) => !isNamed(name))
    .map((name) => ({
      path: 'package.json',
      line: 0,
      message: `depends on ${name}, and no page of docs/decisions names it`,
    }));
};

/** The name as a whole: `@aws-sdk/client-s3` is not named by `@aws-sdk/client-s3-control`. */
function wordPattern(name: string): RegExp {
  return new RegExp(`(?<![\\w@/-])${name.replaceAll('.', '\\.')}(?![\\w/-])`, 'i');
}

function fieldNames(manifest: unknown, field: string): readonly string[] {
  const isObject = typeof manifest === 'object' && manifest !== null;
  const found = isObject ? Object.entries(manifest).find(([key]) => key === field)?.[1] : undefined;
  return typeof found === 'object' && found !== null ? Object.keys(found) : [];
}
