import type { Draft } from '../lib/draft.ts';

/** What each step of the wizard is handed. */
export interface StepProps {
  readonly draft: Draft;
  readonly set: (changes: Partial<Draft>) => void;
}
