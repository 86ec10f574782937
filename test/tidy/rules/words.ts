/** Words that must not be in any file we wrote, comments and documents included. */
import { linesMatching, type Finding, type Repo, type Rule } from '../repo.ts';
import { sourcesOf } from '../source.ts';

// Put together here, so that this file does not trip over itself.
const MARKS = ['TO' + 'DO', 'FIX' + 'ME'];
const OUTSIDE = ['/work' + '/', '/tmp' + '/bb', '\\.\\./sha' + 'red\\b'];
const FETCHED = ['package-lock.json', 'LICENSE'];

/** Finish it, or write it into a decision record. */
export const noUnfinishedMarks: Rule = (repo) =>
  matches(repo, new RegExp(`\\b(${MARKS.join('|')})\\b`), (word) => `says ${word}`);

/** A clone in an empty folder must be whole: no line leads out of the repository. */
export const nothingOutside: Rule = (repo) => [
  ...matches(
    repo,
    new RegExp(OUTSIDE.join('|')),
    (word) => `names ${word}, outside the repository`,
  ),
  ...importsOutside(repo),
  ...documentsOutside(repo),
];

function matches(
  repo: Repo,
  pattern: RegExp,
  message: (word: string) => string,
): readonly Finding[] {
  return [...repo]
    .filter(([path]) => !FETCHED.includes(path))
    .flatMap(([path, text]) =>
      linesMatching(text, pattern).map(([line, word]) => ({ path, line, message: message(word) })),
    );
}

function importsOutside(repo: Repo): readonly Finding[] {
  return [...sourcesOf(repo).values()].flatMap((source) =>
    source.imports
      .filter(({ target }) => target?.startsWith('..') === true)
      .map(({ line, specifier }) => ({
        path: source.path,
        line,
        message: `imports ${specifier}, outside the repository`,
      })),
  );
}

/** In prose and scripts: more steps up than there are folders above. Code may hold such text as data. */
function documentsOutside(repo: Repo): readonly Finding[] {
  return [...repo]
    .filter(([path]) => !FETCHED.includes(path) && !/\.(ts|js)$/.test(path))
    .flatMap(([path, text]) => {
      const depth = path.split('/').length - 1;
      return linesMatching(text, new RegExp(`(?<![\\w./])(\\.\\./){${depth + 1},}[\\w.-]+`)).map(
        ([line, word]) => ({ path, line, message: `names ${word}, outside the repository` }),
      );
    });
}
