import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of `*.test.ts` under `root`/test, from the root, sorted. */
export function testFiles(root: string): readonly string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path}`)
    .sort();
}

/** Those that one of the patterns names by a part of their path; all, without patterns. */
export function chosen(files: readonly string[], patterns: readonly string[]): readonly string[] {
  const parts = patterns.map((pattern) => pattern.replace(/^\.\//, ''));
  if (parts.length === 0) return files;
  return files.filter((file) => parts.some((part) => file.includes(part)));
}
