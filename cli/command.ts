/** What a command is: data, from which parsing, help and completion follow. */
import type { Commands } from './service.ts';

export interface Option {
  readonly help: string;
  /** What stands for its value in the help; absent: a flag. */
  readonly value?: string;
  /** May be given several times. */
  readonly isMany?: true;
  /** The only values that there are. */
  readonly choices?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

export interface Command {
  /** `jobs list`. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Positional arguments; those in square brackets may be left out. */
  readonly takes?: readonly string[];
  readonly options?: Options;
  /** Whole lines for a shell. */
  readonly examples?: readonly string[];
  /** What else there is to know. */
  readonly more?: string;
  /** Resolves to the exit code. */
  run(given: Given, commands: Commands): Promise<number>;
}

/** What a command line said. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;
  /** Positional arguments, as many as the command takes at most. */
  readonly args: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, args: readonly string[]) {
    this.#values = values;
    this.args = args;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Undefined: not given. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  many(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number of at least `min`. */
  whole(name: string, min: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError(`--${name} must be a whole number of at least ${min}, not "${text}".`);
  }

  /** `key=value` pairs; the value may hold more equals signs. */
  pairs(name: string): { readonly Key: string; readonly Value: string }[] {
    return this.many(name).map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return { Key: pair.slice(0, at), Value: pair.slice(at + 1) };
      throw new UsageError(`--${name} must be key=value, not "${pair}".`);
    });
  }

  /** An ISO date, or a date and a time. */
  date(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const ms = Date.parse(text);
    if (Number.isFinite(ms)) return new Date(ms).toISOString();
    throw new UsageError(`--${name} must be a date such as 2026-12-31, not "${text}".`);
  }
}

/** The command line is wrong; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be done; the message says why and what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
