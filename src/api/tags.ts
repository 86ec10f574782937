/** Tags of a job: what the shape cannot say of them. */
import type { JobTag } from '../model/job.ts';
import { type FieldProblem, OPERATION_TAGS } from '../operations/index.ts';
import type { ApiDeps } from './call.ts';

const OPTION_PREFIX = 'brigade:';

/** The number of tags is not looked at: the two calls refuse it with different codes. */
export function checkJobTags(tags: readonly JobTag[], deps: ApiDeps): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [i, { Key: key }] of tags.entries()) {
    const field = `Tags[${i}].Key`;
    if (seen.has(key)) problems.push({ field, message: 'must be unique' });
    if (/^aws:/i.test(key)) {
      problems.push({ field, message: 'must not begin with the reserved prefix aws:' });
    }
    seen.add(key);
  }
  return [...problems, ...(deps.jobOptions ?? noOptions).check(tags)];
}

/** A misspelt option must not be taken for a tag. */
const noOptions = {
  check: (tags: readonly JobTag[]): FieldProblem[] =>
    tags.flatMap(({ Key: key }, i) =>
      key.startsWith(OPTION_PREFIX) && !OPERATION_TAGS.includes(key)
        ? [{ field: `Tags[${i}].Key`, message: `${key} is no option of this version` }]
        : [],
    ),
};
