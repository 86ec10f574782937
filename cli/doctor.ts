/** `brigade doctor`: one line per check, and what to do about it. */
import { readFileSync } from 'node:fs';
import type { Commands, Finding } from './service.ts';

const MARKS: Readonly<Record<Finding['verdict'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
};

/** Resolves to 0 when there is no problem, to 1 when there is one, to 64 for wrong usage. */
export async function runDoctor(commands: Commands, options: readonly string[]): Promise<number> {
  const asked = readOptions(options);
  if (typeof asked === 'string') {
    process.stderr.write(`brigade doctor: ${asked}\n`);
    return 64;
  }
  const findings: Finding[] = [];
  for await (const finding of commands.examine(asked.job)) {
    findings.push(finding);
    if (asked.isJson) continue;
    const { verdict, check, text } = finding;
    process.stdout.write(`${MARKS[verdict]}  ${check.padEnd(12)}  ${text}\n`);
  }
  const count = (verdict: Finding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const problems = count('problem');
  if (asked.isJson) process.stdout.write(`${JSON.stringify({ problems, findings }, null, 2)}\n`);
  else process.stdout.write(`${problems} problems, ${count('warning')} warnings.\n`);
  return problems > 0 ? 1 : 0;
}

/** A text says what is wrong with the options. */
function readOptions(
  options: readonly string[],
): { readonly isJson: boolean; readonly job?: string } | string {
  let isJson = false;
  let job: string | undefined;
  for (let i = 0; i < options.length; i++) {
    const option = options[i];
    if (option === '--json') isJson = true;
    else if (option === '--job') {
      const path = options[++i];
      if (path === undefined) return '--job needs the name of a file.';
      try {
        job = readFileSync(path, 'utf8');
      } catch (error) {
        return `${path} cannot be read: ${String(error)}`;
      }
    } else return `takes --job FILE and --json, not "${option}".`;
  }
  return job === undefined ? { isJson } : { isJson, job };
}
