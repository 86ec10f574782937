/** Tags of a job: what the shape cannot say of them. */
import { checkJobOptions } from '../model/job-options.ts';
import type { JobRequest, JobTag } from '../model/job.ts';
import type { FieldProblem } from '../operations/index.ts';

/**
 * The number of tags is not looked at: the two calls refuse it with different codes. `created`: the
 * tags that CreateJob gave the job; absent: these are they.
 */
export function checkJobTags(
  tags: readonly JobTag[],
  created?: JobRequest['Tags'],
): FieldProblem[] {
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
  return [...problems, ...checkJobOptions(tags, created)];
}
