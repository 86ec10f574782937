import { parseArgs } from 'node:util';

/** Options that are followed by a value; `npm run bench` hands all options to every bench it starts. */
export const VALUED = ['rows', 'rounds', 'variant', 'chunks', 'against'] as const;

export interface BenchOptions {
  readonly rows: number;
  /** A short run, to see that it works; its figures are not worth writing down. */
  readonly quick: boolean;
  readonly json: boolean;
  /** Installs what a bench compares us with, where it is missing. */
  readonly install: boolean;
  /** `--rounds N`: turns of all contestants. */
  readonly rounds: number | undefined;
  /** `--variant NAME`: one of several. */
  readonly variant: string | undefined;
  /** `--chunks N`: of the ledger alone. */
  readonly chunks: number | undefined;
  /** `--against COMMIT`. */
  readonly against: string | undefined;
}

/** A bench takes no notice of options that it has no use for. */
export function benchOptions(
  rows: { readonly full: number; readonly quick: number },
  args = process.argv.slice(2),
): BenchOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ rows: text, rounds: text, variant: text, chunks: text, against: text },
      ...{ quick: flag, json: flag, install: flag },
    },
  });
  const whole = (name: 'rows' | 'rounds' | 'chunks'): number | undefined => {
    if (values[name] === undefined) return undefined;
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`--${name} takes a whole number above zero, not ${values[name]}.`);
  };
  return {
    rows: whole('rows') ?? (values.quick ? rows.quick : rows.full),
    quick: values.quick,
    json: values.json,
    install: values.install,
    rounds: whole('rounds'),
    variant: values.variant,
    chunks: whole('chunks'),
    against: values.against,
  };
}

/** Which of `names` to run: all, or the one that `--variant` names. */
export function chosenVariants<T extends string>(
  names: readonly T[],
  { variant }: BenchOptions,
): readonly T[] {
  const chosen = names.filter((name) => variant === undefined || name === variant);
  if (chosen.length > 0) return chosen;
  throw new Error(`--variant is one of ${names.join(', ')}, not ${variant}.`);
}
