/** A job as the aws cli would make it, to copy into a shell. Pure. */
import type { Job, Tag } from './types.ts';

export function createJobCommand(
  job: Job,
  tags: readonly Tag[],
  account: string,
  endpoint: string,
): string {
  const json = (value: unknown): string => quoted(JSON.stringify(value));
  const options: (readonly [string, string] | undefined)[] = [
    ['account-id', account],
    ['operation', json(job.Operation)],
    job.Manifest && ['manifest', json(job.Manifest)],
    job.ManifestGenerator && ['manifest-generator', json(job.ManifestGenerator)],
    ['report', json(job.Report)],
    ['priority', String(job.Priority)],
    ['role-arn', quoted(job.RoleArn)],
    job.Description === undefined ? undefined : ['description', quoted(job.Description)],
    tags.length === 0 ? undefined : ['tags', json(tags)],
  ];
  const flag = job.ConfirmationRequired ? '--confirmation-required' : '--no-confirmation-required';
  const lines = options.flatMap((option) => (option ? [`  --${option[0]} ${option[1]}`] : []));
  const head = `aws s3control create-job --region snow --endpoint-url ${quoted(endpoint)}`;
  return [head, ...lines, `  ${flag}`].join(' \\\n');
}

/** For any POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
