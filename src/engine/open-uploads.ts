/**
 * Uploads that the tasks of a job have open at its targets, noted in staging: whoever dies leaves the
 * note, and the next try of the task, or the end of the job (close-uploads.ts), aborts what it names.
 */
import type { Log } from '../base/log.ts';
import type { OpenUpload, OpenUploads } from '../operations/index.ts';
import {
  StagedFileLost,
  type Staging,
  type UploadName,
  uploadName,
  uploadTarget,
} from '../staging/index.ts';
import { tidyStaging } from './tidy-staging.ts';

const targetOf = (bucket: string, key: string): string => `${bucket}\n${key}`;

/** Without staging nothing is noted: a task does not wait for that. */
export function openUploads(
  { staging, log }: { readonly staging: Staging; readonly log: Log },
  jobId: string,
): OpenUploads {
  const named = ({ bucket, key, uploadId }: OpenUpload): UploadName =>
    uploadName(jobId, targetOf(bucket, key), uploadId);
  return {
    opened: (upload) =>
      tidyStaging({ log }, () => staging.write(named(upload), Buffer.from(JSON.stringify(upload)))),
    closed: (upload) => tidyStaging({ log }, () => staging.remove(named(upload))),
    async of(bucket, key) {
      const found: string[] = [];
      const target = uploadTarget(targetOf(bucket, key));
      await tidyStaging({ log }, async () => {
        for (const name of await staging.uploads(jobId)) {
          if (!name.upload.startsWith(target)) continue;
          const upload = await noteOf(staging, name);
          if (upload?.bucket === bucket && upload.key === key) found.push(upload.uploadId);
        }
      });
      return found;
    },
  };
}

/** Undefined: somebody removed it meanwhile, so the upload is closed. */
export async function noteOf(staging: Staging, name: UploadName): Promise<OpenUpload | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of staging.read(name, 0, Infinity)) pieces.push(piece);
  } catch (error) {
    if (error instanceof StagedFileLost) return undefined;
    throw error;
  }
  // Written by `opened` only, and whole (staging I2).
  return JSON.parse(Buffer.concat(pieces).toString('utf8')) as OpenUpload;
}
