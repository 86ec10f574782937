/** A report's files from a bucket into a folder, laid out as there: job-<id>/manifest.json, results/. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { S3 } from '../src/s3/index.ts';
import { bytesOf, readIndex, type ReportPlace } from './report-rows.ts';

/** The index comes last: where it is, all of the report is. Resolves to its path. */
export async function bringReport(
  s3: Pick<S3, 'send' | 'open'>,
  place: ReportPlace,
  folder: string,
  jobId: string,
): Promise<string> {
  const { text, files } = await readIndex(s3, place);
  const target = join(folder, `job-${jobId}`);
  await mkdir(join(target, 'results'), { recursive: true });
  for (const file of files) {
    // Only the last part of the name: a report cannot write where nobody asked it to.
    const path = join(target, 'results', basename(file.key));
    await pipeline(bytesOf(s3, file), createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
  }
  const index = join(target, 'manifest.json');
  await writeFile(`${index}.part`, text);
  await rename(`${index}.part`, index);
  return index;
}
