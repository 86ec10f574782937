/** The policies of docs/ACCESS.md, with the rows below them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PageRow {
  readonly action: string;
  readonly resource: string;
  readonly context: readonly (readonly [key: string, value: string])[];
  readonly isAllowed: boolean;
}

export interface PageExample {
  readonly name: string;
  readonly document: string;
  readonly rows: readonly PageRow[];
}

export function examplesOfPage(): readonly PageExample[] {
  const page = readFileSync(join(import.meta.dirname, '../../docs/ACCESS.md'), 'utf8');
  const [, examples = ''] = page.split('\n## Examples\n');
  return examples
    .split('\n### ')
    .slice(1)
    .map((section) => {
      const name = /^`([a-z-]+)`:/m.exec(section)?.[1] ?? '';
      const document = /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
      const rows = section.split('\n').filter((line) => /\| (allowed|denied) \|$/.test(line));
      return { name, document, rows: rows.map(rowOf) };
    });
}

export function documentOf(name: string): string {
  const found = examplesOfPage().find((example) => example.name === name);
  if (!found) throw new Error(`docs/ACCESS.md has no example ${name}.`);
  return found.document;
}

function rowOf(line: string): PageRow {
  const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
  const [, action = '', resource = '', context = '', decision] = cells;
  const pairs = context.split(' ').filter(Boolean);
  return {
    ...{ action, resource, isAllowed: decision === 'allowed' },
    context: pairs.map((pair) => [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ]),
  };
}
