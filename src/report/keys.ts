import { createHash } from 'node:crypto';

export interface ReportKeys {
  /** The index of the report. */
  readonly manifest: string;
  /** Its MD5 in hexadecimal, and nothing else. */
  readonly md5: string;
}

/** CreateJob's Report.Prefix; a slash at its end gives a double slash, as AWS has it. */
function reportFolder(prefix: string | undefined, jobId: string): string {
  return prefix ? `${prefix}/job-${jobId}` : `job-${jobId}`;
}

export function reportKeys(prefix: string | undefined, jobId: string): ReportKeys {
  const manifest = `${reportFolder(prefix, jobId)}/manifest.json`;
  return { manifest, md5: `${manifest}.md5` };
}

/**
 * Where the results file of the `seq`-th report unit goes. AWS's name is 40 hexadecimal characters
 * that nobody can predict; this one follows from what the file holds, so that a repeated lease of
 * the unit overwrites its own file.
 */
export function resultKey(
  prefix: string | undefined,
  jobId: string,
  seq: number,
  status: 'succeeded' | 'failed',
): string {
  const name = createHash('sha1').update(`${jobId}/${seq}/${status}`).digest('hex');
  return `${reportFolder(prefix, jobId)}/results/${name}.csv`;
}

/** Where `resultKey` puts the files of a job, and whether a key is one of theirs. */
export function resultsFolder(
  prefix: string | undefined,
  jobId: string,
): { readonly folder: string; readonly isResultKey: (key: string) => boolean } {
  const folder = `${reportFolder(prefix, jobId)}/results/`;
  const isResultKey = (key: string): boolean =>
    key.startsWith(folder) && /^[0-9a-f]{40}\.csv$/.test(key.slice(folder.length));
  return { folder, isResultKey };
}
