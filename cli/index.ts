/** The command line: each command is a file, each talks to the API as any client would. */
import { ApiError } from '../src/model/api-error.ts';
import { ReportDefect } from '../src/report/index.ts';
import { CommandError, UsageError } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { commandPage, groupPage, helpPage, wordsOf } from './help.ts';
import { findCommand, nearest, readWords } from './parse.ts';
import type { Commands } from './service.ts';
import { TABLE } from './table.ts';

/** Resolves to the exit code (exit-codes.ts). */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<number> {
  const words = argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' ? ['help'] : argv;
  const found = findCommand(TABLE, words);
  const [name = ''] = words;
  if (!found) return withoutCommand(words);
  const { command, rest } = found;
  // `run tga`: a group that is a command too takes no words of its own.
  const [stray = '-'] = rest;
  const isStray = !stray.startsWith('-') && !command.takes;
  if (isStray && wordsOf(TABLE, command.name).some(Boolean)) return unknown(command.name, stray);
  endWithReader(command.name);
  try {
    const given = readWords(command, rest);
    if (!given.flag('help')) return await command.run(given, commands);
    process.stdout.write(commandPage(command));
    if (name === command.name && wordsOf(TABLE, name).some(Boolean)) {
      process.stdout.write(`\n${groupPage(TABLE, name)}`);
    }
    return EXIT.done;
  } catch (error) {
    return refused(`brigade ${command.name}`, error);
  }
}

/** A group's name alone, or a word that nobody knows. */
function withoutCommand([name = '', next]: readonly string[]): number {
  const isGroup = wordsOf(TABLE, name).some(Boolean);
  if (!isGroup) return unknown('', name);
  if (next !== undefined && next !== '--help' && next !== 'help') return unknown(name, next);
  process.stdout.write(groupPage(TABLE, name));
  return next === undefined ? EXIT.usage : EXIT.done;
}

/** `group`: empty for brigade itself. */
function unknown(group: string, word: string): number {
  const near = nearest(word, wordsOf(TABLE, group).filter(Boolean));
  const path = (last: string): string => [group, last].filter(Boolean).join(' ');
  const hint = near === undefined ? '' : ` Did you mean brigade ${path(near)}?`;
  const page = group === '' ? helpPage(TABLE) : groupPage(TABLE, group);
  process.stderr.write(`brigade: there is no command "${path(word)}".${hint}\n\n${page}`);
  return EXIT.usage;
}

/** Who reads our words may leave (a pipe to head). Then a command that only speaks has done its work. */
function endWithReader(name: string): void {
  const works = /^(run|serve|worker|demo)\b/.test(name);
  process.stdout.on('error', () => {
    if (!works) process.exit(EXIT.done);
  });
}

/** One line on standard error, which says what to do; bugs are thrown on. */
function refused(command: string, error: unknown): number {
  if (error instanceof UsageError || error instanceof ApiError) {
    process.stderr.write(`${command}: ${error.message}\nTry: ${command} --help\n`);
    return EXIT.usage;
  }
  if (error instanceof CommandError || error instanceof ReportDefect) {
    process.stderr.write(`${command}: ${error.message}\n`);
    return EXIT.failed;
  }
  if (isOfService(error)) {
    const { name, message, $metadata } = error;
    process.stderr.write(
      `${command}: the service says ${name}: ${message || $metadata.httpStatusCode}\n`,
    );
    return EXIT.failed;
  }
  if (isOfSystem(error)) {
    const what =
      error.code === 'ECONNREFUSED'
        ? 'Nobody answers there: is the service running, and is --endpoint right? '
        : '';
    process.stderr.write(`${command}: ${what}${error.message || error.code}\n`);
    return EXIT.failed;
  }
  throw error;
}

interface ServiceAnswer extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
}

/** A refusal that the AWS SDK has read. */
function isOfService(error: unknown): error is ServiceAnswer {
  if (!(error instanceof Error) || !('$fault' in error) || !('$metadata' in error)) return false;
  return typeof error.$metadata === 'object' && error.$metadata !== null;
}

/** A connection or a file. */
function isOfSystem(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));
}
