/** Documents are checked like code: titles, links, named files, and the map against the house. */
import { posix } from 'node:path';
import type { Plan } from '../plan.ts';
import type { Finding, Repo, Rule } from '../repo.ts';

const MAP = 'ARCHITECTURE.md';

interface Line {
  readonly number: number;
  readonly text: string;
}

/** Exactly one `# Title`, and it comes before every other heading. */
export const oneTitle: Rule = (repo) =>
  documents(repo).flatMap(([path, text]) => {
    const headings = prose(text).filter((line) => /^#{1,6} /.test(line.text));
    const titles = headings.filter((line) => line.text.startsWith('# '));
    const isGood = titles.length === 1 && headings[0] === titles[0];
    if (isGood) return [];
    const line = titles[1]?.number ?? 0;
    return [{ path, line, message: `has ${titles.length} titles, or a heading before its title` }];
  });

/** Relative links lead to files that exist, and their anchors to headings. */
export const linksLead: Rule = (repo) =>
  documents(repo).flatMap(([path, text]) =>
    prose(text).flatMap(({ number, text: line }) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !/^[a-z][a-z+.-]*:/.test(link) && !leads(repo, path, link))
        .map((link) => ({ path, line: number, message: `links to ${link}, which is not there` })),
    ),
  );

function leads(repo: Repo, from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : posix.join(posix.dirname(from), file).replace(/\/$/, '');
  if (anchor === undefined || anchor === '') return exists(repo, target);
  const text = repo.get(target);
  return text !== undefined && anchorsOf(text).includes(anchor);
}

/** As GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return prose(text)
    .filter((line) => /^#{1,6} /.test(line.text))
    .map((line) => line.text.replace(/^#+ /, '').toLowerCase())
    .map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

/** A path in `code` of a document names something that exists; decisions are history, and free. */
export const namedFilesExist: Rule = (repo) => {
  const folders = new Set(
    [...repo.keys()].filter((p) => p.includes('/')).map((p) => p.split('/')[0]),
  );
  return documents(repo)
    .filter(([path]) => !path.startsWith('docs/decisions/') && path !== 'CHANGELOG.md')
    .flatMap(([path, text]) =>
      prose(text).flatMap(({ number, text: line }) =>
        [...line.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)*\/?)`/g)]
          .map((match) => match[1] ?? '')
          .filter((name) => name.includes('/') && folders.has(name.split('/')[0]))
          .filter((name) => !exists(repo, name.replace(/\/$/, '')))
          .map((name) => ({ path, line: number, message: `names ${name}, which is not there` })),
      ),
    );
};

/** package.json promises files to whoever installs us. */
export const publishedFilesExist: Rule = (repo) => {
  const manifest: unknown = JSON.parse(repo.get('package.json') ?? '{}');
  const hasFiles = typeof manifest === 'object' && manifest !== null && 'files' in manifest;
  const files = hasFiles && Array.isArray(manifest.files) ? manifest.files.map(String) : [];
  return files
    .filter((file) => file !== 'dist' && !exists(repo, file))
    .map((file) => ({
      path: 'package.json',
      line: 0,
      message: `publishes ${file}, which is not there`,
    }));
};

/** The table of floors that people read, the plan, and the folders that exist are one and the same. */
export const mapIsTrue: Rule = (repo, plan) => {
  const text = repo.get(MAP);
  if (text === undefined) return [{ path: MAP, line: 0, message: 'does not exist' }];
  return [...mapAgainstPlan(text, plan), ...planAgainstFolders(repo, plan)];
};

function mapAgainstPlan(text: string, plan: Plan): readonly Finding[] {
  const planned = [
    ...plan.rooms.map((room) => `${room.floor} ${room.name}${room.planned ? ' (planned)' : ''}`),
    ...plan.guests.map((guest) => `beside ${guest.name}${guest.planned ? ' (planned)' : ''}`),
  ];
  const drawn = new Map(tableRows(text).map((line) => [rowKey(line.text), line.number]));
  const missing = planned
    .filter((key) => !drawn.has(key))
    .map((key) => ({ path: MAP, line: 0, message: `its table lacks '${key}' of the plan` }));
  const surplus = [...drawn]
    .filter(([key]) => !planned.includes(key))
    .map(([key, line]) => ({
      path: MAP,
      line,
      message: `its table has '${key}', the plan has not`,
    }));
  return [...missing, ...surplus];
}

/** Rows whose first cell is a floor number or 'beside'. */
function tableRows(text: string): readonly Line[] {
  return prose(text).filter((line) => /^\|\s*(\d+|beside)\s*\|/.test(line.text));
}

/** '3 events (planned)' of `| 3 | `events/` (planned) | ... |`. */
function rowKey(row: string): string {
  const [, floor = '', name = ''] = row.split('|').map((cell) => cell.trim());
  return `${floor} ${name.replaceAll('`', '').replace('/', '')}`;
}

function planAgainstFolders(repo: Repo, plan: Plan): readonly Finding[] {
  const paths = [...repo.keys()];
  const standing = new Set(
    paths.filter((path) => path.startsWith('src/')).map((path) => path.split('/')[1] ?? ''),
  );
  const guests = plan.guests.filter((g) => paths.some((path) => path.startsWith(`${g.name}/`)));
  const built = new Set([...standing, ...guests.map((guest) => guest.name)]);
  const names = [...plan.rooms, ...plan.guests];
  const wrong = names
    .filter((one) => built.has(one.name) === (one.planned === true))
    .map((one) => (one.planned ? `${one.name} is built, not planned` : `${one.name} is not built`));
  const strangers = [...standing]
    .filter((name) => !plan.rooms.some((room) => room.name === name))
    .map((name) => `src/${name} is not in the plan`);
  return [...wrong, ...strangers].map((message) => ({ path: MAP, line: 0, message }));
}

function documents(repo: Repo): readonly (readonly [string, string])[] {
  return [...repo].filter(([path]) => path.endsWith('.md'));
}

/** The lines outside of code fences. */
function prose(text: string): readonly Line[] {
  let isFenced = false;
  return text.split('\n').flatMap((line, index) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) isFenced = !isFenced;
    return isFence || isFenced ? [] : [{ number: index + 1, text: line }];
  });
}

function exists(repo: Repo, path: string): boolean {
  return path === '.' || repo.has(path) || [...repo.keys()].some((p) => p.startsWith(`${path}/`));
}

const COMPATIBILITY = 'COMPATIBILITY.md';
/** Their tables whose last column is called `test` make promises. */
const PROMISING = ['docs/OPERATING.md', 'docs/SECURITY.md'];

/**
 * Each row of COMPATIBILITY.md, and of those tables of PROMISING whose last column is called `test`,
 * ends in a test, as `file`: part of its name; the file must hold it.
 */
export const claimsAreTested: Rule = (repo) => {
  const rows = prose(repo.get(COMPATIBILITY) ?? '').filter(({ text }) =>
    /^\|(?! ?-|[^|]*behaviour)/.test(text),
  );
  return [
    ...rows.flatMap((row) => untested(repo, COMPATIBILITY, row)),
    ...PROMISING.flatMap((path) =>
      claimsOf(repo.get(path) ?? '').flatMap((row) => untested(repo, path, row)),
    ),
  ];
};

/** Rows of the tables whose header ends in `test`. */
function claimsOf(text: string): readonly Line[] {
  let isClaim = false;
  const lines = prose(text);
  return lines.filter((line, index) => {
    const isHeader = /^\| ?-/.test(lines[index + 1]?.text ?? '');
    if (isHeader) isClaim = /\| tests? \|$/.test(line.text.replace(/ +/g, ' '));
    return line.text.startsWith('|') && !isHeader && !/^\| ?-/.test(line.text) && isClaim;
  });
}

function untested(repo: Repo, path: string, { number, text }: Line): readonly Finding[] {
  const cell = text.split('|').at(-2) ?? '';
  const tests = [...cell.matchAll(/`([^`]+)`: ([^·]+)/g)];
  const found = (file: string, name: string): boolean =>
    repo.get(file)?.includes(name.trim()) ?? false;
  const missing = tests.filter(([, file = '', name = '']) => !found(file, name));
  const messages = missing.map(([whole]) => `names a test that is not there: ${whole.trim()}`);
  if (tests.length === 0) messages.push('names no test');
  return messages.map((message) => ({ path, line: number, message }));
}
