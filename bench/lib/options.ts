import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly rows: number;
  /** A short run, to see that it works; its figures are not worth writing down. */
  readonly quick: boolean;
  readonly json: boolean;
}

/** `--rows N`, `--quick`, `--json`; a bench without JSON takes no notice of the last. */
export function benchOptions(rows: {
  readonly full: number;
  readonly quick: number;
}): BenchOptions {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const wanted = values.rows === undefined ? undefined : Number(values.rows);
  if (wanted !== undefined && !(Number.isSafeInteger(wanted) && wanted > 0)) {
    throw new Error(`--rows takes a whole number above zero, not ${values.rows}.`);
  }
  return {
    rows: wanted ?? (values.quick ? rows.quick : rows.full),
    quick: values.quick,
    json: values.json,
  };
}
