/**
 * brigade-delete: deletes the version that the row names, or without one the current object.
 *
 * I1. Nothing runs without confirm=delete.
 * I2. A row without a version never destroys a version in a bucket that has versions: it places a
 *     delete marker, as S3 does, and only where there is an object for it to hide.
 * I3. What is already gone is a success, so that a lost answer may be retried.
 * I4. Object Lock is the store's to enforce; governance is bypassed only when asked.
 */
import type { Outcome, Task } from '../../model/outcome.ts';
import { type S3, toFailure, toOutcome } from '../../s3/index.ts';
import { type Arguments, type BuiltIn, checkFlag } from './built-in.ts';
import { head, queryOfVersion } from './object-state.ts';

const CONFIRM = 'confirm';
const BYPASS = 'bypass-governance';
const WORD = 'delete';

export const deleteFunction: BuiltIn = {
  name: 'brigade-delete',
  takes: [CONFIRM, BYPASS],

  check(args) {
    const problems = checkFlag(args, BYPASS);
    if (args.get(CONFIRM) === WORD) return problems;
    const message = `must be ${WORD}: objects are deleted for good where nothing keeps their versions`;
    return [...problems, { argument: CONFIRM, message }]; // I1
  },

  async open(args, { s3, bucket }, signal) {
    const versioning = await s3.send({ method: 'GET', bucket, query: { versioning: '' } }, signal);
    const answered = toOutcome(versioning);
    if (!answered.ok && answered.again !== 'never') {
      const reason = `Whether ${bucket} has versions could not be asked: ${answered.message}`;
      return { ok: false, again: true, reason };
    }
    if (versioning.status === 404)
      return { ok: false, reason: `The bucket ${bucket} does not exist.` };
    // In doubt it has versions: that costs a request per task and destroys nothing.
    const hasVersions = !answered.ok || versioning.body.includes('<Status>');
    const headers = headersOf(args);
    return {
      ok: true,
      async run(task) {
        if (task.versionId === undefined && hasVersions) {
          const nothing = await nothingToHide(s3, task);
          if (nothing !== undefined) return nothing;
        }
        const { bucket, key, versionId } = task;
        const query = queryOfVersion(versionId);
        const answer = await s3.send({ method: 'DELETE', bucket, key, query, headers });
        if (isGone(answer)) return gone();
        return toOutcome(answer, said(versionId, answer.headers));
      },
    };
  },
};

function headersOf(args: Arguments): Readonly<Record<string, string>> {
  return args.get(BYPASS) === 'true' ? { 'x-amz-bypass-governance-retention': 'true' } : {};
}

/** I2: a marker over nothing, or over another marker, would only be litter. */
async function nothingToHide(s3: S3, task: Task): Promise<Outcome | undefined> {
  const answer = await head(s3, task);
  if (answer.status >= 200 && answer.status <= 299) return undefined;
  return answer.status === 404 ? gone() : toFailure(answer);
}

/** I3: S3 answers 204 for what is not there, some stores 404. */
function isGone(answer: { readonly status: number; readonly body: Buffer }): boolean {
  return answer.status === 404 && /<Code>NoSuch(Key|Version)<\/Code>/.test(answer.body.toString());
}

function gone(): Outcome {
  return { ok: true, message: 'There was nothing to delete' };
}

function said(versionId: string | undefined, headers: Readonly<Record<string, string>>): string {
  const isMarker = headers['x-amz-delete-marker'] === 'true';
  if (versionId !== undefined) {
    return isMarker ? 'The delete marker was removed' : 'The version was deleted';
  }
  const marker = headers['x-amz-version-id'] ?? 'null';
  return isMarker ? `A delete marker was placed: ${marker}` : 'The object was deleted';
}
