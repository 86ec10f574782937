/** Who may import whom: floors, doors, circles, and no I/O on the pure floors. */
import type { Plan, Room } from '../plan.ts';
import { roomOf, type Finding, type Repo, type Rule } from '../repo.ts';
import { houseSources, srcSources, type Import, type Source } from '../source.ts';

/** Imports lead to a lower floor, or stay in their room. */
export const floors: Rule = (repo, plan) =>
  houseSources(repo).flatMap((source) =>
    source.imports.flatMap((imported) => {
      const message = floorProblem(source, imported, plan);
      return message === undefined ? [] : [finding(source, imported, message)];
    }),
  );

function floorProblem(source: Source, imported: Import, plan: Plan): string | undefined {
  if (imported.specifier === '<computed>') {
    return plan.loaders.includes(source.path) ? undefined : 'imports a computed path';
  }
  if (imported.target === undefined) return undefined;
  const from = roomOf(source.path);
  const to = roomOf(imported.target);
  const isInside = from === to && source.path.split('/')[0] === imported.target.split('/')[0];
  if (isInside) return undefined;
  if (from === 'bin') {
    const isMain = ['src/main.ts', 'dist/src/main.js'].includes(imported.target);
    return isMain ? undefined : `bin starts src/main.ts and nothing else, not ${imported.target}`;
  }
  const guest = plan.guests.find((g) => g.name === to);
  if (!imported.target.startsWith('src/')) {
    const isHost = guest?.hosts.includes(from) === true;
    return isHost ? undefined : `${from} may not import ${imported.target}`;
  }
  const visitor = plan.guests.find((g) => g.name === from);
  if (!source.path.startsWith('src/')) {
    const isWelcome = visitor?.rooms.includes(to) === true;
    return isWelcome ? undefined : `${from} may not import the room ${to}`;
  }
  return stairsProblem(room(plan, from), room(plan, to), from, to);
}

function stairsProblem(
  from: Room | undefined,
  to: Room | undefined,
  fromName: string,
  toName: string,
): string | undefined {
  if (from === undefined) return `${fromName} is not a room of the plan`;
  if (to === undefined) return `${toName} is not a room of the plan`;
  if (to.floor < from.floor) return undefined;
  return `${from.name} (floor ${from.floor}) may not import ${to.name} (floor ${to.floor})`;
}

function room(plan: Plan, name: string): Room | undefined {
  return plan.rooms.find((r) => r.name === name);
}

/** Another room is entered by its door; tests, benches and scripts are free. */
export const doors: Rule = (repo, plan) =>
  houseSources(repo).flatMap((source) =>
    source.imports.flatMap((imported) => {
      const { target } = imported;
      const isOther = target !== undefined && roomOf(target) !== roomOf(source.path);
      if (!isOther || isDoor(target, plan)) return [];
      if (imported.typeOnly && plan.seams.includes(target)) return [];
      return [finding(source, imported, `imports ${target} past the door of its room`)];
    }),
  );

function isDoor(target: string, plan: Plan): boolean {
  const name = roomOf(target);
  if (target.startsWith('dist/') || target === 'src/main.ts') return true;
  if (plan.rooms.some((r) => r.name === name && !r.door)) return true;
  return target === `src/${name}/index.ts` || target === `${name}/index.ts`;
}

/** A door names what it opens: `export *` would let everything out. Types may go in one go. */
export const namedReexports: Rule = (repo) =>
  houseSources(repo).flatMap((source) =>
    source.tree.statements.flatMap((statement) => {
      const isStar = /^export\s+\*/.test(statement.getText());
      if (!isStar) return [];
      const line = source.tree.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
      return [{ path: source.path, line, message: 'export * lets everything out' }];
    }),
  );

/** No file leads back to itself, types included. */
export const circles: Rule = (repo) => {
  const graph = importGraph(repo);
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const findings: Finding[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      if (state.get(next) === 'open') {
        const circle = [...trail.slice(trail.indexOf(next)), next];
        findings.push({ path: next, line: 0, message: `a circle: ${circle.join(' > ')}` });
      } else if (!state.has(next)) visit(next);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of graph.keys()) if (!state.has(path)) visit(path);
  return findings;
};

function importGraph(repo: Repo): ReadonlyMap<string, readonly string[]> {
  const sources = houseSources(repo);
  const paths = new Set(sources.map((source) => source.path));
  const targets = (source: Source): readonly string[] =>
    source.imports.flatMap(({ target }) =>
      target !== undefined && paths.has(target) ? [target] : [],
    );
  return new Map(sources.map((source) => [source.path, targets(source)]));
}

/** The lower floors are handed their bytes, so that they can be simulated and fuzzed. */
export const pureFloors: Rule = (repo, plan) =>
  srcSources(repo).flatMap((source) => {
    const isPure = (room(plan, source.room)?.floor ?? Infinity) <= plan.pureFloorMax;
    if (!isPure) return [];
    return source.imports
      .filter((imported) => !imported.typeOnly && isIo(imported.specifier, plan))
      .map((imported) =>
        finding(source, imported, `imports ${imported.specifier} on a pure floor`),
      );
  });

function isIo(specifier: string, plan: Plan): boolean {
  return plan.ioPackages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

function finding(source: Source, imported: Import, message: string): Finding {
  return { path: source.path, line: imported.line, message };
}
