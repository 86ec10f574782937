/** A completion report: its index, and the rows of its files as they stream by. */
import type { S3 } from '../src/s3/index.ts';
import { ReportReader, type ReportRow } from '../src/report/index.ts';
import { toFailure } from '../src/s3/index.ts';
import { CommandError } from './command.ts';
import { asked } from './list.ts';

export interface ReportFile {
  readonly status: 'succeeded' | 'failed';
  readonly bucket: string;
  readonly key: string;
}

export interface ReportPlace {
  readonly bucket: string;
  /** Of its manifest.json. */
  readonly key: string;
}

/** The text of the index, and the files that it names. */
export async function readIndex(
  s3: Pick<S3, 'send'>,
  { bucket, key }: ReportPlace,
): Promise<{ readonly text: string; readonly files: readonly ReportFile[] }> {
  const what = `s3://${bucket}/${key}`;
  const { body } = await asked(s3, { method: 'GET', bucket, key }, what);
  const text = body.toString('utf8');
  const results = resultsOf(text);
  if (results === undefined) throw new CommandError(`${what} is no index of a completion report.`);
  return {
    text,
    files: results.map(({ TaskExecutionStatus, Bucket, Key }) => ({
      status: TaskExecutionStatus === 'succeeded' ? 'succeeded' : 'failed',
      bucket: Bucket.split(':').at(-1) ?? bucket,
      key: Key,
    })),
  };
}

interface Result {
  readonly TaskExecutionStatus: string;
  readonly Bucket: string;
  readonly Key: string;
}

function resultsOf(text: string): readonly Result[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('Results' in value)) return undefined;
    // The format is AWS's; files that are not there are refused when they are read.
    return Array.isArray(value.Results) ? (value.Results as Result[]) : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of an object; what cannot be read throws a CommandError. */
export async function* bytesOf(
  s3: Pick<S3, 'open'>,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): AsyncGenerator<Buffer> {
  const answer = await s3.open({ method: 'GET', bucket, key });
  if (Buffer.isBuffer(answer.body)) {
    // The body of an answer that is no stream is a refusal.
    const { status } = answer;
    const { code } = toFailure({ ...answer, body: answer.body });
    throw new CommandError(`s3://${bucket}/${key} cannot be read: ${status} ${code}.`);
  }
  for await (const piece of answer.body) yield piece as Buffer;
}

export async function* rowsOf(s3: Pick<S3, 'open'>, file: ReportFile): AsyncGenerator<ReportRow> {
  const reader = new ReportReader();
  for await (const piece of bytesOf(s3, file)) {
    for (const { row } of reader.push(piece, false)) yield row;
  }
  for (const { row } of reader.push(Buffer.alloc(0), true)) yield row;
}
