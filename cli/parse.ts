/** From words to a command and what it was given. */
import { parseArgs } from 'node:util';
import { Given, UsageError, type Command, type Options } from './command.ts';

/** What every command takes. */
const EVERYWHERE: Options = { help: { help: 'what this command does, with examples' } };

export function optionsOf(command: Command): Options {
  return { ...command.options, ...EVERYWHERE };
}

/** The command of which most words stand at the front; undefined: none. */
export function findCommand(
  table: readonly Command[],
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  const fits = table
    .filter(({ name }) => name.split(' ').every((word, i) => words[i] === word))
    .sort((a, b) => b.name.split(' ').length - a.name.split(' ').length);
  const command = fits[0];
  if (!command) return undefined;
  return { command, rest: words.slice(command.name.split(' ').length) };
}

/** Throws UsageError for anything that the command does not know. */
export function readWords(command: Command, words: readonly string[]): Given {
  const options = optionsOf(command);
  const { values, positionals } = parsed(command, options, words);
  if (values['help'] === true) return new Given(values, []);
  for (const [name, { choices }] of Object.entries(options)) {
    if (choices === undefined) continue;
    const odd = [values[name] ?? []].flat().find((value) => !choices.includes(String(value)));
    if (odd === undefined) continue;
    throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not "${String(odd)}".`);
  }
  const takes = command.takes ?? [];
  const needed = takes.filter((one) => !one.startsWith('['));
  if (positionals.length < needed.length) {
    throw new UsageError(`${needed[positionals.length]} is missing.`);
  }
  if (positionals.length > takes.length) {
    const what = takes.length === 0 ? 'no arguments' : `only ${takes.join(' ')}`;
    throw new UsageError(`takes ${what}, not "${positionals.slice(takes.length).join(' ')}".`);
  }
  return new Given(values, positionals);
}

function parsed(command: Command, options: Options, words: readonly string[]) {
  const config = Object.entries(options).map(([name, { value, isMany }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string', multiple: isMany === true } as const,
  ]);
  try {
    return parseArgs({
      args: [...words],
      options: Object.fromEntries(config) as Record<string, { type: 'boolean' | 'string' }>,
      allowPositionals: true,
    });
  } catch (error) {
    // Its own sentence names the option; the second one is about a syntax that nobody asked for.
    const [message = ''] = error instanceof Error ? error.message.split('. ') : [];
    const unknown = /^Unknown option '(--?[^' ]+)'/.exec(message)?.[1];
    if (unknown === undefined) throw new UsageError(`${message.replace(/\.?$/, '.')}`);
    const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
    const hint = near === undefined ? '' : ` Did you mean --${near}?`;
    throw new UsageError(`there is no option ${unknown}.${hint}`, { cause: command.name });
  }
}

/** What somebody may have meant; undefined: nothing is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((one) => ({ one, far: distance(word, one) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best && best.far <= Math.ceil(word.length / 2) ? best.one : undefined;
}

/** Letters to add, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
