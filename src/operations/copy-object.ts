/**
 * One copy, with the parameters of S3PutObjectCopy: CopyObject, and where the store finds the
 * source too large for that, a multipart copy.
 *
 * I1. No request more for an object that CopyObject takes: its refusal is what tells a large one.
 * I2. A store's gaps are made up for (copy-gaps.ts), or the task fails (copy-confirm.ts). A copy
 *     that was begun gets all its steps, also when the job stops meanwhile: a copy without its
 *     tags or lock would be worse than a late one.
 */
import type { S3CopyObjectOperation } from '@aws-sdk/client-s3-control';
import type { FailedOutcome, Task } from '../model/outcome.ts';
import { type S3Answer, type StoreTraits, toOutcomeOfResult } from '../s3/index.ts';
import { type AfterCopy, type Copied } from './copied.ts';
import { confirmation } from './copy-confirm.ts';
import { conditionCheck, gapFillers } from './copy-gaps.ts';
import { type CopyPlace, type LargeCopy, MultipartCopies } from './copy-multipart.ts';
import { copyRequests } from './copy-request.ts';
import type { ObjectName } from './copy-source.ts';

/** Where copies are made: one for all copies of an opened job. */
export interface CopyRoom {
  readonly place: CopyPlace;
  readonly traits: StoreTraits;
  readonly multipart: MultipartCopies;
}

/** `partBytesMin`: smaller than the default in tests, which cannot move 5 GB. */
export function copyRoom(
  place: CopyRoom['place'],
  traits: StoreTraits,
  partBytesMin?: number,
): CopyRoom {
  return { place, traits, multipart: new MultipartCopies(place, traits, partBytesMin) };
}

export type CopyResult = { readonly ok: true; readonly copied: Copied } | FailedOutcome;
export type CopyTask = (task: Task, stopping: AbortSignal) => Promise<CopyResult>;

export function copier(copy: S3CopyObjectOperation, bucket: string, room: CopyRoom): CopyTask {
  return copies(copy, bucket, room, (copied) => ({ ok: true, copied }));
}

/** As `copier`; a copy that is done is what `ended` makes of it. */
export function copies<T>(
  copy: S3CopyObjectOperation,
  bucket: string,
  room: CopyRoom,
  ended: (copied: Copied) => T,
): (task: Task, stopping: AbortSignal) => Promise<T | FailedOutcome> {
  const { traits } = room;
  const { s3 } = room.place;
  const requestOf = copyRequests(copy, bucket);
  const before = conditionCheck(copy, traits, s3);
  const confirm = confirmation(copy, traits, s3);
  // First what may fail the task for good.
  const confirms = confirm === undefined ? [] : [confirm];
  const after = [...confirms, ...gapFillers(copy, traits, s3)];

  return async (task, stopping) => {
    const refusal = before && (await before(task));
    if (refusal !== undefined) return refusal;
    const order = { copy, put: requestOf(task) };
    const made = await anySize(room, task, order, await s3.send(order.put), stopping);
    if (!made.ok) return made;
    const steps = made.after === undefined ? after : [...confirms, ...made.after];
    const failure = steps.length === 0 ? undefined : await finish(made.copied, steps);
    return failure ?? ended(made.copied);
  };
}

/** `after` undefined: CopyObject made the copy; else see LargeCopied. */
type Made =
  | { readonly ok: true; readonly copied: Copied; readonly after?: readonly AfterCopy[] }
  | FailedOutcome;

type CopyOrder = Omit<LargeCopy, 'refusal'>;

/** I1. `put` with all that CopyObject is told; `copy` with what `after` of an upload must know. */
export async function copyAnySize(
  room: CopyRoom,
  task: ObjectName,
  order: CopyOrder,
  stopping: AbortSignal,
): Promise<Made> {
  return anySize(room, task, order, await room.place.s3.send(order.put), stopping);
}

/** What becomes of CopyObject's answer. */
function anySize(
  { multipart }: CopyRoom,
  task: ObjectName,
  { copy, put }: CopyOrder,
  answer: S3Answer,
  stopping: AbortSignal,
): Made | Promise<Made> {
  const outcome = toOutcomeOfResult(answer, 'CopyObjectResult');
  if (outcome.ok) return { ok: true, copied: { bucket: put.bucket, key: put.key, answer } };
  if (!isTooLarge(outcome)) return outcome;
  return multipart.copy(task, { copy, put, refusal: outcome }, stopping);
}

/** The first failure. */
export async function finish(
  copied: Copied,
  after: readonly AfterCopy[],
): Promise<FailedOutcome | undefined> {
  for (const step of after) {
    const failure = await step(copied);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** AWS's code for it is InvalidRequest, Ceph's EntityTooLarge. */
function isTooLarge({ code, message }: FailedOutcome): boolean {
  return (
    code === 'EntityTooLarge' ||
    (code === 'InvalidRequest' && /larger than the maximum/i.test(message))
  );
}
