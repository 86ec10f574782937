/**
 * brigade-rename: copies an object to a new key of the same bucket, then deletes the source.
 *
 * I1. The source is deleted only after HEAD showed a whole copy, and only while it is still the
 *     object that was copied.
 * I2. A target that exists is not touched unless overwrite=true.
 * I3. A row that names a version deletes that version. A row without one, in a bucket with versions,
 *     hides the source behind a delete marker: nothing is destroyed, and no older version returns.
 * I4. A failure between copy and deletion says that both exist. When it is tried again in the same
 *     process, the task goes on from its own copy; after a crash the target is a stranger (I2).
 */
import { KEY_BYTES_MAX } from '../../model/limits.ts';
import { failed, type FailedOutcome, type Outcome, type Task } from '../../model/outcome.ts';
import { toOutcome } from '../../s3/index.ts';
import { copyRoom, type CopyRoom } from '../copy-object.ts';
import type { Place } from '../operation.ts';
import { ENDPOINT_UNKNOWN } from '../probe.ts';
import { type Arguments, type ArgumentProblem, type BuiltIn, checkFlag } from './built-in.ts';
import { copyFaithfully, lackOf, STOPPED } from './faithful-copy.ts';
import {
  expressionProblem,
  fromExpression,
  fromTemplate,
  type NewKey,
  templateProblem,
} from './key-template.ts';
import {
  isLocked,
  isSameVersion,
  isState,
  type ObjectState,
  queryOfVersion,
  stateOf,
} from './object-state.ts';

const KEY = 'key';
const FROM = 'from';
const TO = 'to';
const OVERWRITE = 'overwrite';

export const renameFunction: BuiltIn = {
  name: 'brigade-rename',
  takes: [KEY, FROM, TO, OVERWRITE],

  check: (args) => [...checkNaming(args), ...checkFlag(args, OVERWRITE)],

  async open(args, place, signal) {
    const traits = await place.s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    const room = copyRoom(place, traits);
    const newKey = newKeyOf(args);
    const mayOverwrite = args.get(OVERWRITE) === 'true';
    /** Tasks whose copy was asked for when there was no target yet (I4). */
    const begun = new WeakSet<Task>();
    /** Tasks whose source was asked to go (I4). */
    const ending = new WeakSet<Task>();
    return {
      ok: true,
      async run(task, stopping) {
        const toKey = newKey(task.key);
        if (toKey === task.key) return { ok: true, message: 'The key stays as it is' };
        const problem = problemOfKey(toKey);
        if (problem !== undefined || toKey === undefined) {
          return failed(400, 'InvalidRequest', `The object is as it was: ${problem}`);
        }
        const rename = { task, toKey, mayOverwrite, begun, ending, place, room, stopping };
        const source = await sourceOf(rename);
        if (!isState(source)) {
          const isGone = source.httpStatus === 404 && ending.has(task);
          return isGone ? renamed(toKey) : source;
        }
        const copied = await copyOnce(rename, source);
        return copied ?? removeSource(rename, source);
      },
    };
  },
};

function checkNaming(args: Arguments): ArgumentProblem[] {
  const [key, from, to] = [args.get(KEY), args.get(FROM), args.get(TO)];
  if ((key === undefined) === (from === undefined)) {
    const message = `must be given, or ${FROM} and ${TO} instead: a template such as archive/{key}`;
    return [{ argument: KEY, message }];
  }
  if (key !== undefined) {
    const problem = templateProblem(key);
    const template = problem === undefined ? [] : [{ argument: KEY, message: problem }];
    if (to === undefined) return template;
    return [...template, { argument: TO, message: `goes with ${FROM}, not with ${KEY}` }];
  }
  const problem = expressionProblem(from ?? '');
  const expression = problem === undefined ? [] : [{ argument: FROM, message: problem }];
  if (to !== undefined) return expression;
  return [...expression, { argument: TO, message: `is required with ${FROM}; it may be empty` }];
}

function newKeyOf(args: Arguments): NewKey {
  const template = args.get(KEY);
  return template === undefined
    ? fromExpression(args.get(FROM) ?? '', args.get(TO) ?? '')
    : fromTemplate(template);
}

function problemOfKey(key: string | undefined): string | undefined {
  if (key === undefined) return 'the expression took too long on its key';
  if (key === '') return 'its new key would be empty';
  if (!key.isWellFormed()) return 'its new key would hold half a character';
  const bytes = Buffer.byteLength(key);
  return bytes > KEY_BYTES_MAX ? `its new key would have ${bytes} bytes` : undefined;
}

interface Rename {
  readonly task: Task;
  readonly toKey: string;
  readonly mayOverwrite: boolean;
  readonly begun: WeakSet<Task>;
  readonly ending: WeakSet<Task>;
  readonly place: Place;
  readonly room: CopyRoom;
  readonly stopping: AbortSignal;
}

async function sourceOf({ task, place }: Rename): Promise<ObjectState | FailedOutcome> {
  const source = await stateOf(place.s3, task);
  if (!isState(source)) return source;
  // Deleting the version would be refused, so nothing is begun.
  if (task.versionId === undefined || !isLocked(source, place.clock)) return source;
  const message = 'The version is locked and could not be deleted; it is as it was';
  return failed(403, 'AccessDenied', message);
}

/** Undefined: there is a whole copy. */
async function copyOnce(rename: Rename, source: ObjectState): Promise<FailedOutcome | undefined> {
  const { task, toKey, mayOverwrite, begun, place, room, stopping } = rename;
  const { bucket, key } = task;
  if (!mayOverwrite) {
    const target = await stateOf(place.s3, { bucket, key: toKey });
    if (isState(target)) {
      const isOwn = begun.has(task) && isCopyOf(target, source, place.clock.now());
      return isOwn ? undefined : refused(toKey); // I2, I4
    }
    if (target.httpStatus !== 404) return target;
  }
  if (stopping.aborted) return STOPPED;
  begun.add(task);
  const version = task.versionId ?? source.versionId;
  const from = { bucket, key, ...(version === undefined ? {} : { versionId: version }) };
  const { storageClass } = source;
  const headers: Record<string, string> = mayOverwrite ? {} : { 'if-none-match': '*' };
  const nowMs = place.clock.now();
  const order = { room, stopping, from, state: source, toKey, storageClass, nowMs, headers };
  const copy = await copyFaithfully(order);
  if (isState(copy)) return undefined;
  return copy.httpStatus === 412 && !mayOverwrite ? refused(toKey) : copy;
}

function isCopyOf(target: ObjectState, source: ObjectState, nowMs: number): boolean {
  // The ETag of an object in parts changes with the copy.
  const isInParts = `${source.etag}${target.etag}`.includes('-');
  const { storageClass } = source;
  const isAlike = lackOf(target, { state: source, storageClass, nowMs }) === undefined;
  return isAlike && (isInParts || target.etag === source.etag);
}

function refused(toKey: string): FailedOutcome {
  const message = `There is an object ${toKey} already, and overwrite is not true; both are as they were`;
  return failed(412, 'PreconditionFailed', message);
}

/** I1, I3 */
async function removeSource(rename: Rename, source: ObjectState): Promise<Outcome> {
  const { task, toKey, place } = rename;
  const { bucket, key, versionId } = task;
  if (versionId === undefined) {
    const now = await stateOf(place.s3, task);
    if (!isState(now)) return bothExist(now, toKey);
    const isSame =
      now.etag === source.etag &&
      now.headers['last-modified'] === source.headers['last-modified'] &&
      isSameVersion(now.versionId, source.versionId);
    if (!isSame) {
      const message = 'the source was written again meanwhile';
      return bothExist(failed(409, 'SourceChanged', message), toKey);
    }
  }
  const query = queryOfVersion(versionId);
  rename.ending.add(task);
  const outcome = toOutcome(await place.s3.send({ method: 'DELETE', bucket, key, query }));
  return outcome.ok ? renamed(toKey) : bothExist(outcome, toKey);
}

function renamed(toKey: string): Outcome {
  return { ok: true, message: `Renamed to ${toKey}` };
}

function bothExist(failure: FailedOutcome, toKey: string): FailedOutcome {
  const message = `The object was copied to ${toKey}, but not deleted, so both exist: ${failure.message}`;
  return { ...failure, message };
}
