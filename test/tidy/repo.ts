/** The repository as the rules see it: text by path, so that a canary is a few lines of text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './plan.ts';

/** Paths from the root, with slashes. */
export type Repo = ReadonlyMap<string, string>;

export interface Finding {
  readonly path: string;
  /** 0: the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export type Rule = (repo: Repo, plan: Plan) => readonly Finding[];

const NOT_OURS = new Set(['node_modules', 'dist', 'data', '.git', '.venv', 'coverage']);
const TEXT = /\.(ts|tsx|js|json|md|sh|sql|yml|yaml|html|css|txt|conf)$|^[^.]+$/;

/** Known by name only. */
const PICTURE = /\.png$/;

/** Everything we wrote under `root`; generated and fetched folders are not ours. */
export function readRepo(root: string): Repo {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) visit(path);
      if (entry.isFile() && TEXT.test(entry.name)) files.set(path, readText(join(root, path)));
      if (entry.isFile() && PICTURE.test(entry.name)) files.set(path, '');
    }
  };
  visit('');
  return files;
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** 'store' of src/store/sqlite.ts, 'main.ts' of src/main.ts, 'cli' of cli/x.ts, 'test' of test/x.ts. */
export function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'src' ? second : first;
}

/** True for a path that is listed, or that is inside a listed folder (which ends in a slash). */
export function isListed(path: string, list: readonly string[]): boolean {
  return list.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry));
}

export function linesMatching(
  text: string,
  pattern: RegExp,
): readonly (readonly [number, string])[] {
  return text.split('\n').flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [[index + 1, match[0]] as const];
  });
}
