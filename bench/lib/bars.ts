/** The figures that the issues ask for, and whether a run reached them. */

export type Bar = { readonly atLeast: number } | { readonly atMost: number };

export function isMet(value: number, bar: Bar): boolean {
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}

/** As in `at least 0.85: met`; a value that is no number has met nothing. */
export function verdict(value: number, bar: Bar, show: (value: number) => string): string {
  const [word, limit] = 'atLeast' in bar ? ['at least', bar.atLeast] : ['at most', bar.atMost];
  return `${word} ${show(limit)}: ${isMet(value, bar) ? 'met' : 'MISSED'}`;
}

export const times = (value: number): string => `x ${value.toFixed(2)}`;
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
export const millions = (value: number): string => `${(value / 1e6).toFixed(2)} M`;
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
