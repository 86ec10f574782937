/**
 * Options of ours that come as tags of the job with the prefix `brigade:`, so that unmodified AWS
 * clients can set them. Pure. A new option is one entry of OPTIONS.
 *
 * I1. An option that is misspelt, or whose value cannot be used, is refused by name.
 * I2. A settled option is said by CreateJob and never changes: nobody turns a dry run into a real one.
 * I3. Of tags that were accepted once nothing is refused; what cannot be read counts as absent.
 */
import type { JobTag } from './job.ts';
import { CONCURRENCY_MAX } from './limits.ts';

const PREFIX = 'brigade:';

interface Option<T> {
  /** After the prefix. */
  readonly name: string;
  /** Undefined: the text is none of its values. */
  read(text: string): T | undefined;
  /** What its value must be. */
  readonly must: string;
  /** Only CreateJob may say it (I2). */
  readonly isSettled?: true;
}

const OPTIONS = {
  /** Attempts at tasks that begin per second, over all workers. */
  maxTasksPerSecond: {
    name: 'max-tasks-per-second',
    read: positive,
    must: 'must be a number above zero',
  },
  /** Tasks of the job in flight, over all workers. */
  concurrency: {
    name: 'concurrency',
    read: (text: string) => {
      const value = positive(text);
      return Number.isInteger(value) && Number(value) <= CONCURRENCY_MAX ? value : undefined;
    },
    must: `must be a whole number between 1 and ${CONCURRENCY_MAX}`,
  },
  /** Seconds; an attempt that takes longer is a failure worth a retry. */
  taskTimeout: {
    name: 'task-timeout',
    read: positive,
    must: 'must be a number of seconds above zero',
  },
  /** Every task only tells what it would meet. */
  dryRun: { name: 'dry-run', read: flag, must: 'must be true or false', isSettled: true },
  /** Which rows of a completion report to run again. */
  retry: { name: 'retry', ...oneOf('failed', 'all') },
  /** How to encrypt where the store has no call for it. */
  encryption: { name: 'encryption', ...oneOf('copy-in-place'), isSettled: true },
  /** Of its objects those whose requests are recorded as data events, 0 to 1. */
  dataEvents: {
    name: 'data-events',
    read: share,
    must: 'must be true, false, or a share between 0 and 1',
  },
} satisfies Readonly<Record<string, Option<unknown>>>;

const ALL: readonly (readonly [string, Option<unknown>])[] = Object.entries(OPTIONS);

type OptionValue<O> = O extends { read(text: string): infer T } ? Exclude<T, undefined> : never;
export type JobOptions = {
  readonly [K in keyof typeof OPTIONS]?: OptionValue<(typeof OPTIONS)[K]>;
};

/** As in a request, where AWS's types leave both open. */
type TagLike = { readonly Key?: string | undefined; readonly Value?: string | undefined };

export function jobOptionsOf(tags: readonly TagLike[] = []): JobOptions {
  const found = ALL.map(([field, option]) => [field, valueOf(tags, option)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** `created`: the tags that CreateJob gave the job; absent: these are they. */
export function checkJobOptions(
  tags: readonly JobTag[],
  created?: readonly TagLike[],
): { readonly field: string; readonly message: string }[] {
  return tags.flatMap(({ Key, Value }, i) => {
    if (!Key.startsWith(PREFIX)) return [];
    const option = ALL.map(([, one]) => one).find(({ name }) => `${PREFIX}${name}` === Key);
    if (!option) return [{ field: `Tags[${i}].Key`, message: `${Key} is no option; ${NAMES}` }];
    const field = `Tags[${i}].Value`;
    const value = option.read(Value);
    if (value === undefined) return [{ field, message: `${option.must}, for ${Key}` }];
    if (!option.isSettled || created === undefined) return [];
    // A flag that is left out is false.
    if (value === (valueOf(created, option) ?? false)) return [];
    return [{ field, message: `${Key} is settled when the job is created` }];
  });
}

const NAMES = `there are ${ALL.map(([, { name }]) => name).join(', ')}`;

function valueOf(tags: readonly TagLike[], { name, read }: Option<unknown>): unknown {
  const text = tags.find(({ Key }) => Key === `${PREFIX}${name}`)?.Value;
  return text === undefined ? undefined : read(text);
}

function positive(text: string): number | undefined {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : undefined;
}

function share(text: string): number | undefined {
  const value = flag(text) ?? (/^(0|1|0?\.\d{1,9})$/.test(text) ? text : undefined);
  return value === undefined ? undefined : Number(value);
}

function flag(text: string): boolean | undefined {
  return text === 'true' || (text === 'false' ? false : undefined);
}

function oneOf<T extends string>(...values: readonly T[]): Pick<Option<T>, 'read' | 'must'> {
  return {
    read: (text) => values.find((value) => value === text),
    must: `must be ${values.join(' or ')}`,
  };
}
