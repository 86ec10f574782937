/** What a command says: to a person on a terminal, or one JSON object per line to a program. */
import type { Given } from './command.ts';

export class Output {
  readonly isJson: boolean;

  constructor(given: Given) {
    this.isJson = given.flag('json') || !process.stdout.isTTY;
  }

  /** `text` for a person, `value` for a program. */
  tell(value: object, text: string): void {
    process.stdout.write(this.isJson ? `${JSON.stringify(value)}\n` : `${text}\n`);
  }

  /** For a person only. */
  say(text: string): void {
    if (!this.isJson) process.stdout.write(`${text}\n`);
  }
}

/** A table whose columns are as wide as they must be. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
