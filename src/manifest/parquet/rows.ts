/**
 * The rows of a Parquet inventory as manifest rows.
 *
 * I1. Memory does not depend on the file: pages of three columns, see column.ts.
 * I2. Keys are taken as they are and spelt as manifests spell them. That AWS writes them plain into
 *     Parquet, unlike CSV, is unverified; its own description of the two formats says so of CSV only.
 * I3. An absent version id is an empty one, an absent bucket or key an empty field, which the cutter
 *     refuses by its row.
 */
import { assert } from '../../base/assert.ts';
import { RowWriter } from '../row-writer.ts';
import { ColumnReader } from './column.ts';
import { type ParquetColumn, type ReadRange, readFooter, type RowGroup } from './footer.ts';
import { parquetDefect } from './thrift.ts';

const BATCH_BYTES = 1024 * 1024;
/** A value longer than this is none of these; it would also overflow the writer's row. */
const VALUE_BYTES_MAX = 16 * 1024;

export interface ParquetBatch {
  /** Good until the next batch is asked for. */
  readonly rows: Uint8Array;
  /** Rows of the file before this batch, and with it. */
  readonly first: number;
  readonly end: number;
}

export class ParquetFile {
  readonly #groups: readonly RowGroup[];
  readonly #read: ReadRange;

  private constructor(groups: readonly RowGroup[], read: ReadRange) {
    this.#groups = groups;
    this.#read = read;
  }

  /** Reads the footer. Throws ManifestDefect, here and below, for bytes that are no inventory. */
  static async open(size: number, read: ReadRange): Promise<ParquetFile> {
    return new ParquetFile(await readFooter(size, read), read);
  }

  /** Whether rows have a version id, as their third column. */
  get hasVersions(): boolean {
    return this.#groups.some(({ columns }) => columns.has('versionid'));
  }

  /** The rows behind the first `skip` ones. */
  async *batches(skip: number): AsyncGenerator<ParquetBatch> {
    const out = new RowWriter(BATCH_BYTES);
    let before = 0;
    for (const group of this.#groups) {
      const end = before + group.rows;
      if (end > skip) yield* this.#group(group, before, skip, out);
      before = end;
    }
  }

  async *#group(
    group: RowGroup,
    before: number,
    skip: number,
    out: RowWriter,
  ): AsyncGenerator<ParquetBatch> {
    const open = (name: ParquetColumn): ColumnReader | undefined => {
      const chunk = group.columns.get(name);
      return chunk && new ColumnReader(chunk, this.#read);
    };
    const [bucket, key, version] = [open('bucket'), open('key'), open('versionid')];
    assert(bucket && key, 'A row group has no buckets or keys.');
    const columns = version ? [bucket, key, version] : [bucket, key];
    const end = before + group.rows;
    let first = Math.max(before, skip);
    for (let row = before; row < end;) {
      let count = end - row;
      for (const column of columns) {
        if (column.left === 0) await column.nextPage();
        count = Math.min(count, column.left);
      }
      for (; count > 0 && !out.isFull; count--) {
        for (const column of columns) column.next();
        if (row++ < skip) continue;
        writeRow(out, row, bucket, key, version);
      }
      if (!out.isFull && row < end) continue;
      if (!out.isEmpty) yield { rows: out.take(), first, end: row };
      first = row;
    }
  }
}

/** `row` from 1. */
function writeRow(
  out: RowWriter,
  row: number,
  bucket: ColumnReader,
  key: ColumnReader,
  version: ColumnReader | undefined,
): void {
  for (const value of [bucket, key, version]) {
    if (value && value.end - value.start > VALUE_BYTES_MAX) {
      throw parquetDefect(`row ${row} has a value of ${value.end - value.start} bytes`);
    }
  }
  out.field(bucket.bytes, bucket.start, bucket.end);
  out.comma();
  out.key(key.bytes, key.start, key.end);
  if (version) {
    out.comma();
    out.field(version.bytes, version.start, version.end);
  }
  out.endRow();
}
