/**
 * brigade-merge-tags: adds, replaces and removes tags, and leaves the others alone.
 *
 * I1. Tags are written only when they change, to the very version that was read.
 * I2. More than ten tags fail the task; nothing is written then.
 * I3. S3 has no condition on tags: a tag that someone else sets between our two requests is lost.
 */
import type { S3Tag } from '@aws-sdk/client-s3-control';
import { OBJECT_TAGS_MAX } from '../../model/limits.ts';
import { failed, type FailedOutcome, type Task } from '../../model/outcome.ts';
import { elements, elementText, type S3, toOutcome, toOutcomeOfResult } from '../../s3/index.ts';
import { checkTags, taggingBody } from '../tags.ts';
import type { ArgumentProblem, Arguments, BuiltIn } from './built-in.ts';

const SET = 'set';
const REMOVE = 'remove';

export const mergeTags: BuiltIn = {
  name: 'brigade-merge-tags',
  takes: [SET, REMOVE],

  check(args) {
    if (!args.get(SET) && !args.get(REMOVE)) {
      const message = `is required, such as project=blue&team=a%20b, unless ${REMOVE} is given`;
      return [{ argument: SET, message }];
    }
    return [...checkSet(args), ...checkRemove(args)];
  },

  open(args, { s3 }) {
    const toSet = tagsOf(args.get(SET) ?? '') ?? [];
    const toRemove = new Set((tagsOf(args.get(REMOVE) ?? '') ?? []).map(keyOf));
    return Promise.resolve({
      ok: true,
      async run(task) {
        const read = await readTags(s3, task);
        if (!('tags' in read)) return read;
        const merged = merge(read.tags, toSet, toRemove);
        const counts = `${read.tags.length} before, ${merged.length} now`;
        if (isSame(read.tags, merged)) {
          return { ok: true, message: `The tags are as they should be already: ${counts}` };
        }
        if (merged.length > OBJECT_TAGS_MAX) {
          // I2; AWS's code for it.
          const message = `The object would have ${merged.length} tags, and ${OBJECT_TAGS_MAX} is the most; its tags are unchanged`;
          return failed(400, 'BadRequest', message);
        }
        const { bucket, key } = task;
        const query = { tagging: '', ...read.version };
        const put = { method: 'PUT', bucket, key, query, ...taggingBody(merged) } as const;
        return toOutcome(await s3.send(put), `The tags were merged: ${counts}`);
      },
    });
  },
};

function checkSet(args: Arguments): ArgumentProblem[] {
  const text = args.get(SET) ?? '';
  const tags = tagsOf(text);
  if (tags === undefined)
    return [{ argument: SET, message: 'must be URL-encoded key=value pairs' }];
  return checkTags(tags, '').map(({ field, message }) => ({
    argument: SET,
    message: field === '' ? message : `${field}: ${message}`,
  }));
}

function checkRemove(args: Arguments): ArgumentProblem[] {
  const argument = REMOVE;
  const tags = tagsOf(args.get(REMOVE) ?? '');
  if (tags === undefined || tags.some(({ Value }) => Value !== '')) {
    return [{ argument, message: 'must be URL-encoded keys with & between them' }];
  }
  const set = new Set((tagsOf(args.get(SET) ?? '') ?? []).map(keyOf));
  const both = tags.map(keyOf).find((key) => set.has(key));
  return both === undefined ? [] : [{ argument, message: `names ${both}, which ${SET} sets` }];
}

/** `a=b&c=d`, percent-encoded, as in S3's x-amz-tagging; undefined when it is not. */
function tagsOf(text: string): S3Tag[] | undefined {
  if (text === '') return [];
  try {
    return text.split('&').map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return { Key: plain(key), Value: plain(value.join('=')) };
    });
  } catch {
    // A percent sign that begins no byte, or bytes that are no UTF-8.
    return undefined;
  }
}

/** A plus is a space in the forms of the web, and in x-amz-tagging too. */
function plain(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}

function keyOf({ Key: key = '' }: S3Tag): string {
  return key;
}

interface ReadTags {
  readonly tags: readonly S3Tag[];
  /** Of what was read. */
  readonly version: { readonly versionId?: string };
}

async function readTags(
  s3: S3,
  { bucket, key, versionId }: Task,
): Promise<ReadTags | FailedOutcome> {
  const asked = versionId === undefined ? {} : { versionId };
  const answer = await s3.send({ method: 'GET', bucket, key, query: { tagging: '', ...asked } });
  // An answer that was cut short would look like fewer tags, and wipe the rest.
  const outcome = toOutcomeOfResult(answer, 'Tagging');
  // Some stores know an object without tags as an error.
  if (!outcome.ok && outcome.code === 'NoSuchTagSet') return { tags: [], version: asked };
  if (!outcome.ok) return outcome;
  const tags = elements(answer.body.toString('utf8'), 'Tag').map((xml) => ({
    Key: elementText(xml, 'Key') ?? '',
    Value: elementText(xml, 'Value') ?? '',
  }));
  const read = answer.headers['x-amz-version-id'];
  return { tags, version: read === undefined ? asked : { versionId: read } }; // I1
}

function merge(
  tags: readonly S3Tag[],
  toSet: readonly S3Tag[],
  toRemove: ReadonlySet<string>,
): S3Tag[] {
  const merged = new Map(tags.map((tag): [string, S3Tag] => [keyOf(tag), tag]));
  for (const tag of toSet) merged.set(keyOf(tag), tag);
  for (const key of toRemove) merged.delete(key);
  return [...merged.values()];
}

function isSame(before: readonly S3Tag[], after: readonly S3Tag[]): boolean {
  const values = new Map(before.map((tag) => [keyOf(tag), tag.Value]));
  return (
    before.length === after.length && after.every((tag) => values.get(keyOf(tag)) === tag.Value)
  );
}
