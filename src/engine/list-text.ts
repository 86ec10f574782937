/**
 * Lists that are text: one or many files, plain, gzip or zstd, read row by row. Inventories of CSV,
 * completion reports, JSON Lines and compressed manifests all come through here.
 *
 * I1. Size and MD5 of a file are compared when it has been read to its end; its last rows are not
 *     handed out before.
 * I2. A position is a boundary between rows of one file. A compressed file is read again from its
 *     start then, and what was staged is passed over; its ETag must be the same.
 */
import { createHash } from 'node:crypto';
import {
  type DataFile,
  ManifestDefect,
  type RowFormat,
  type RowPosition,
  RowStream,
} from '../manifest/index.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { decompressed } from './list-decompress.ts';
import { ListObject, type ObjectName } from './list-object.ts';
import type { ListBatch, ListRequest, ListSource } from './list-source.ts';

export interface TextFile extends Pick<DataFile, 'size' | 'md5'> {
  readonly name: ObjectName;
}

export interface TextList {
  readonly files: readonly TextFile[];
  readonly format: RowFormat;
  /** Of the rows that `format` writes. */
  readonly fields: readonly ManifestField[];
}

interface Position {
  readonly file: number;
  /** Bytes of text of that file, and the line there. */
  readonly offset: number;
  readonly line: number;
  /** Of a file that was begun. */
  readonly etag?: string;
}

const START: Position = { file: 0, offset: 0, line: 1 };

export function textSource(list: TextList, request: ListRequest): ListSource {
  return {
    fields: list.fields,
    async *batches(from) {
      // Written by `fileBatches` only.
      let position = (from ?? START) as Position;
      for (const file of list.files.slice(position.file)) {
        yield* fileBatches(file, list.format, position, request);
        position = { ...START, file: position.file + 1 };
      }
    },
  };
}

async function* fileBatches(
  file: TextFile,
  format: RowFormat,
  from: Position,
  { held, context }: ListRequest,
): AsyncGenerator<ListBatch> {
  const etag = file.name.etag ?? from.etag;
  const object = new ListObject({ ...file.name, etag }, held, context);
  const { key } = file.name;
  const rows = new RowStream(format, from);
  const next: Position = { ...START, file: from.file + 1 };
  const begun = (position: RowPosition): Position => ({
    ...position,
    file: from.file,
    ...(object.etag === undefined ? {} : { etag: object.etag }),
  });
  try {
    for await (const piece of decompressed(verified(object.bytes(), file))) {
      for (const batch of rows.push(piece)) {
        const { rows: csv, line, position } = batch;
        yield { csv, position: begun(position), origin: { file: key, line } };
      }
    }
    // All but the last have their own; the file is done with the last one only (I1).
    for (const { rows: csv, line, position } of rows.end()) {
      yield { csv, position: begun(position), origin: { file: key, line } };
    }
    yield { csv: new Uint8Array(0), position: next };
  } catch (error) {
    throw error instanceof ManifestDefect ? error.inFile(key) : error;
  }
}

/** I1. */
export async function* verified(
  bytes: AsyncIterable<Buffer>,
  { size, md5 }: Pick<DataFile, 'size' | 'md5'>,
): AsyncGenerator<Buffer> {
  const hash = md5 === undefined ? undefined : createHash('md5');
  let read = 0;
  for await (const piece of bytes) {
    read += piece.length;
    hash?.update(piece);
    yield piece;
  }
  if (size !== undefined && read !== size) {
    throw new ManifestDefect(
      `Invalid Manifest Content: a data file has ${read} bytes, manifest.json names ${size}.`,
    );
  }
  const found = hash?.digest('hex');
  if (found !== md5) {
    throw new ManifestDefect(
      `Invalid Manifest Content: a data file has the MD5 ${found}, manifest.json names ${md5}.`,
    );
  }
}
