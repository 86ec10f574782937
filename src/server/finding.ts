/** What the doctor found out about one thing. */
export interface Finding {
  /** What was looked at: a word or two. */
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  /** A sentence; for a problem also what to do about it. */
  readonly text: string;
}

export const ok = (check: string, text: string): Finding => ({ check, verdict: 'ok', text });
export const warning = (check: string, text: string): Finding => ({
  check,
  verdict: 'warning',
  text,
});
export const problem = (check: string, text: string): Finding => ({
  check,
  verdict: 'problem',
  text,
});

export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
