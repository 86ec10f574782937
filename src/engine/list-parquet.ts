/**
 * Inventories of Parquet files, read page by page with ranged GETs.
 *
 * I1. A file is read through once before its pages are: that is the only way to its size and MD5, and
 *     pins its ETag for the ranges. It costs a tenth of what the pages cost.
 * I2. A position is a row of a file; a resumed file must have the same MD5, or else the same ETag.
 */
import { type DataFile, ManifestDefect, ParquetFile } from '../manifest/index.ts';
import { ListObject } from './list-object.ts';
import type { ListBatch, ListRequest, ListSource } from './list-source.ts';
import { type TextFile, verified } from './list-text.ts';

interface Position {
  readonly file: number;
  /** Rows of it that are staged. */
  readonly row: number;
  readonly etag?: string;
}

const START: Position = { file: 0, row: 0 };

/** The first file says whether the rows have version ids; the others must agree. */
export async function parquetSource(
  files: readonly TextFile[],
  request: ListRequest,
): Promise<ListSource> {
  const [first] = files;
  const hasVersions = first ? (await open(first, undefined, request)).parquet.hasVersions : false;
  return {
    fields: hasVersions ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'],
    async *batches(from) {
      // Written by `fileBatches` only.
      let position = (from ?? START) as Position;
      for (const file of files.slice(position.file)) {
        yield* fileBatches(file, hasVersions, position, request);
        position = { ...START, file: position.file + 1 };
      }
    },
  };
}

async function* fileBatches(
  file: TextFile,
  hasVersions: boolean,
  from: Position,
  request: ListRequest,
): AsyncGenerator<ListBatch> {
  const { key } = file.name;
  const { object, parquet } = await open(file, from.etag, request);
  const etag = object.etag === undefined ? {} : { etag: object.etag };
  try {
    if (parquet.hasVersions !== hasVersions) {
      throw new ManifestDefect(
        'Invalid Manifest Content: of the data files only some have a column version_id.',
      );
    }
    for await (const { rows, first, end } of parquet.batches(from.row)) {
      const position: Position = { file: from.file, row: end, ...etag };
      yield { csv: rows, position, origin: { file: key, line: first + 1 } };
    }
  } catch (error) {
    throw error instanceof ManifestDefect ? error.inFile(key) : error;
  }
  yield { csv: new Uint8Array(0), position: { ...START, file: from.file + 1 } };
}

async function open(file: TextFile, etag: string | undefined, { held, context }: ListRequest) {
  const object = new ListObject({ ...file.name, etag }, held, context);
  try {
    const size = await sizeOf(object, file); // I1
    const parquet = await ParquetFile.open(size, (start, end) => object.range(start, end));
    return { object, parquet };
  } catch (error) {
    throw error instanceof ManifestDefect ? error.inFile(file.name.key) : error;
  }
}

async function sizeOf(object: ListObject, file: Pick<DataFile, 'size' | 'md5'>): Promise<number> {
  let size = 0;
  for await (const piece of verified(object.bytes(), file)) size += piece.length;
  return size;
}
