import type { JobFailure } from '../model/job.ts';

/** One results file of the report. */
export interface ReportResult {
  readonly status: 'succeeded' | 'failed';
  readonly key: string;
  /** Of its bytes, in hexadecimal. */
  readonly md5: string;
}

export interface ReportIndex {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The report's bucket: a name, not an ARN. */
  readonly bucket: string;
  readonly results: readonly ReportResult[];
  readonly failures: readonly JobFailure[];
}

/** AWS's text to the letter, although the rows have the status before the code (encode.ts, I1). */
const REPORT_SCHEMA =
  'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage';

/**
 * The text of the report's manifest.json, keys in AWS's order. AWS says that job-level failures are
 * in the report but shows none; ours stand under a key of their own, spelt as in DescribeJob.
 */
export function reportManifest({ createdAt, bucket, results, failures }: ReportIndex): string {
  return JSON.stringify({
    Format: 'Report_CSV_20180820',
    ReportCreationDate: new Date(createdAt).toISOString(),
    Results: results.map(({ status, key, md5 }) => ({
      TaskExecutionStatus: status,
      Bucket: bucket,
      MD5Checksum: md5,
      Key: key,
    })),
    ReportSchema: REPORT_SCHEMA,
    ...(failures.length > 0 && {
      FailureReasons: failures.map(({ code, reason }) => ({
        FailureCode: code,
        FailureReason: reason,
      })),
    }),
  });
}
