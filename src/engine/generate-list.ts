/**
 * A list that is made by looking: the objects of a bucket that pass the job's filters.
 *
 * I1. The position is what is left of the bucket; a lease that dies costs the pages since the last
 *     save, and their requests. Rows come in no order, and in another one each time: what is left
 *     and what has been handed on never overlap (listing, I1 and I2).
 * I2. Requests go through the gate like tasks, so that a listing of 32 lanes leaves an overloaded
 *     store the same air; an outage is waited for.
 * I3. How far it is shows in TotalNumberOfTasks; how many keys were looked at, in the log.
 */
import type { S3JobManifestGenerator } from '@aws-sdk/client-s3-control';
import { assert } from '../base/assert.ts';
import {
  type Ask,
  listInParallel,
  ListingFailed,
  type ListPosition,
  openSelection,
  type Read,
  type Selection,
  WrongBucketOwner,
} from '../listing/index.ts';
import { type InventoryColumns, inventoryFields, inventoryRows } from '../manifest/index.ts';
import type { Job, JobFailure } from '../model/job.ts';
import { FAILURE_REASON_CHARS_MAX } from '../model/limits.ts';
import type { S3Answer } from '../s3/index.ts';
import type { EngineContext } from './context.ts';
import { writeGeneratedManifest } from './generate-list-output.ts';
import type { HeldLease } from './held-lease.ts';
import type { ListBatch, ListRequest, OpenList } from './list-source.ts';
import { Patience } from './patience.ts';
import { JobFailed, TryLater } from './unit-errors.ts';

/**
 * With pages of 1,000 keys and 50 ms each, 32 lanes list half a million keys a second, which is more
 * than one core reads. Fewer leave no reserve for lanes that find nothing while the bucket's shape
 * is still unknown.
 */
const LANES = 32;
const LOG_MS = 10_000;

/** JSON. */
interface Position {
  readonly list: ListPosition;
  readonly columns: InventoryColumns;
}

/** AWS's text. */
const NO_KEYS: JobFailure = {
  code: 'ManifestGenerationNoKeys',
  reason: 'Manifest generation found no keys matching the filter criteria.',
};

export const openGenerated: OpenList = async (request) => {
  const { job, held } = request;
  const generator = generatorOf(job);
  const bucket = bucketOf(generator.SourceBucket);
  const ask = asking(request);
  const selection = await failing(bucket, () =>
    openSelection(
      {
        bucket,
        expectedBucketOwner: generator.ExpectedBucketOwner,
        filter: generator.Filter ?? {},
        ask,
      },
      held.left,
    ),
  );
  const hasOutput = generator.EnableManifestOutput === true;
  const columns: InventoryColumns = {
    hasVersions: selection.plan.versions,
    hasDetails: hasOutput,
    hasFacts: hasOutput && selection.hasFacts,
  };
  return {
    fields: inventoryFields(columns),
    whenEmpty: NO_KEYS,
    batches: (from, signal) => batches({ request, ask, selection, columns }, from, signal),
    ...(hasOutput && {
      finish: async (staged) => ({
        generated: await writeGeneratedManifest(
          generator,
          { bucket, columns, ask },
          staged,
          request,
        ),
      }),
    }),
  };
};

function generatorOf(job: Job): S3JobManifestGenerator {
  const generator = job.request.ManifestGenerator?.S3JobManifestGenerator;
  assert(generator, 'A job without a manifest and without a generator was accepted.');
  return generator;
}

/** The name in a bucket's ARN. */
function bucketOf(arn: string | undefined): string {
  const bucket = arn?.split(':').at(-1);
  assert(bucket, 'A generator was accepted without the name of a bucket.');
  return bucket;
}

interface Generating {
  readonly request: ListRequest;
  readonly ask: Ask;
  readonly selection: Selection;
  readonly columns: InventoryColumns;
}

async function* batches(
  { request, ask, selection, columns }: Generating,
  from: unknown,
  signal: AbortSignal,
): AsyncGenerator<ListBatch> {
  const { job, context } = request;
  const { bucket } = selection.plan;
  // Written by the stager, from what is yielded below.
  const saved = from as Position | undefined;
  if (saved && saved.columns.hasVersions !== columns.hasVersions) {
    const why = 'its versioning was changed while its objects were listed';
    throw new JobFailed(notGenerated(`The bucket ${bucket} cannot be listed: ${why}.`));
  }
  const listing = listInParallel(
    {
      plan: selection.plan,
      prefixes: selection.prefixes,
      ask,
      lanes: Math.min(LANES, context.options.requestsMax),
      rowsOf: async (objects, among) =>
        inventoryRows(bucket, await selection.select(objects, among), columns),
      ...(saved && { from: saved.list }),
    },
    signal,
  );
  let loggedAt = context.clock.monotonic();
  try {
    for await (const { rows, position } of listing) {
      yield { csv: Buffer.from(rows), position: { list: position, columns } satisfies Position };
      if (context.clock.monotonic() - loggedAt < LOG_MS) continue;
      loggedAt = context.clock.monotonic();
      const { seen, ranges } = position;
      context.log.info({ jobId: job.id, bucket, seen, ranges: ranges.length }, 'Listing goes on.'); // I3
    }
  } catch (error) {
    throw asJobFailed(bucket, error);
  }
}

async function failing<T>(bucket: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asJobFailed(bucket, error);
  }
}

function asJobFailed(bucket: string, error: unknown): unknown {
  if (error instanceof WrongBucketOwner) {
    return new JobFailed({ code: 'BucketOwnerMismatch', reason: error.message });
  }
  if (!(error instanceof ListingFailed)) return error;
  return new JobFailed(notGenerated(`Listing the bucket ${bucket} failed: ${error.message}`));
}

function notGenerated(reason: string): JobFailure {
  return { code: 'ManifestGenerationFailed', reason: reason.slice(0, FAILURE_REASON_CHARS_MAX) };
}

/** Sends until an answer is final, under the gate (I2). */
export function asking({ held, context }: Pick<ListRequest, 'held' | 'context'>): Ask {
  return async (request, read, signal) => {
    let patience: Patience | undefined;
    for (;;) {
      const result = await attempt(() => context.s3.send(request, signal), read, held, context);
      if (result.ok || result.again === 'never') return result;
      patience ??= Patience.ofJob(context);
      const goesOn = await patience.next(result, signal);
      signal.throwIfAborted();
      if (!goesOn) return result;
    }
  };
}

async function attempt<T>(
  send: () => Promise<S3Answer>,
  read: (answer: S3Answer) => Read<T>,
  held: HeldLease,
  { gate, clock }: EngineContext,
): Promise<Read<T>> {
  if (!gate.tryEnter() && !(await gate.turn(held))) {
    throw new TryLater('The job stopped while its list was made.');
  }
  const sentAt = clock.monotonic();
  let result: Read<T> | undefined;
  try {
    if (!held.mayStart() && !(await held.ready())) {
      throw new TryLater('The job stopped while its list was made.');
    }
    result = read(await send());
    return result;
  } finally {
    gate.leave(result?.ok === false ? result.again : result && 'never', sentAt);
  }
}
