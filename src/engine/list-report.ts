/**
 * A completion report as the list of another job: `Manifest.Location` names its manifest.json, in
 * the format S3BatchOperations_CSV_20180820 with the fields Bucket, Key and, to act on the versions
 * that the report names, VersionId. Only the rows that failed become tasks, so that a retry needs no
 * hand work; the job tag `brigade:retry` = `all` takes every row, `failed` says the default.
 *
 * A report has a VersionId column whether its job had one or not. When no row has a version id, the
 * column is ignored and the job acts on current versions, as the first one did; in a mixture it
 * counts, and rows without an id fail as they do in any manifest.
 */
import { CsvScanner } from '../base/csv.ts';
import { csvColumns, ManifestDefect, readReportIndex, REPORT_COLUMNS } from '../manifest/index.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { dataFiles, readEnvelope } from './list-envelope.ts';
import { retryOf } from './list-options.ts';
import type { ListRequest, ListSource, OpenList } from './list-source.ts';
import { textSource } from './list-text.ts';
import { fieldsOf } from './manifest-source.ts';

const VERSION = 2;
const STAGED: readonly ManifestField[] = ['Bucket', 'Key', 'VersionId'];
const IGNORED: readonly ManifestField[] = ['Bucket', 'Key', 'Ignore'];

export const openReport: OpenList = async (request) => {
  const scope = await scopeOf(request);
  const files = dataFiles(readReportIndex(await readEnvelope(request), scope), request);
  const list = { files, format: csvColumns(REPORT_COLUMNS), fields: STAGED };
  const whenEmpty = {
    code: 'InvalidManifestContent',
    reason: `The report lists no ${scope === 'failed' ? 'failed tasks' : 'tasks'}: there is nothing to run again.`,
  } as const;
  const source = { ...textSource(list, request), whenEmpty };
  if (!fieldsOf(request.job).includes('VersionId')) return { ...source, fields: IGNORED };
  return watchingVersions(source);
};

async function scopeOf({ job, context }: ListRequest): Promise<'failed' | 'all'> {
  const scope = retryOf((await context.store.tags(job.account, job.id)) ?? []);
  if (scope !== undefined) return scope;
  throw new ManifestDefect('The job tag brigade:retry says neither "failed" nor "all".');
}

interface Watched {
  readonly inner: unknown;
  /** A row so far has a version id. */
  readonly versions: boolean;
}

function watchingVersions(source: ListSource): ListSource {
  return {
    ...source,
    async *batches(from, signal) {
      // Written below only.
      const saved = from as Watched | undefined;
      let versions = saved?.versions ?? false;
      for await (const batch of source.batches(saved?.inner, signal)) {
        versions ||= hasVersion(batch.csv);
        yield { ...batch, position: { inner: batch.position, versions } satisfies Watched };
      }
    },
    finish: ({ position }) =>
      Promise.resolve((position as Watched).versions ? {} : { fields: IGNORED }),
  };
}

function hasVersion(csv: Uint8Array): boolean {
  const scanner = new CsvScanner(STAGED.length);
  for (let at = 0; at >= 0 && at < csv.length;) {
    at = scanner.scan(csv, at, csv.length, true);
    if (scanner.end(VERSION) > scanner.start(VERSION)) return true;
  }
  return false;
}
