/**
 * What a Parquet file says of itself: which columns there are, and where their pages lie. Only the
 * columns of an inventory that matter here are kept.
 *
 * I1. Every range that comes out lies within the file; every count fits what the file can hold.
 */
import { parquetDefect, Thrift } from './thrift.ts';

/** "PAR1" before the footer's length and behind it. */
const MAGIC = 'PAR1';
const TAIL_BYTES = 8;
/** Real ones have a few hundred bytes per row group and column; this is ten thousand row groups. */
const FOOTER_BYTES_MAX = 16 * 1024 * 1024;
/** Most files have less, so one request reads all of it. */
const FIRST_READ_BYTES = 64 * 1024;
/** Deflate's best: a file that claims to unfold to more is not an inventory. */
const ROWS_PER_BYTE_MAX = 1032;

const BYTE_ARRAY = 6;
const REPEATED = 2;

const PARQUET_COLUMNS = ['bucket', 'key', 'versionid'] as const;
export type ParquetColumn = (typeof PARQUET_COLUMNS)[number];

/** Bytes [start, end) of the file. */
export type ReadRange = (start: number, end: number) => Promise<Buffer>;

/** The pages of one column in one row group. */
export interface ColumnChunk {
  readonly start: number;
  readonly end: number;
  /** Parquet's number of the compression. */
  readonly codec: number;
  /** Values may be absent: pages hold definition levels. */
  readonly isOptional: boolean;
}

export interface RowGroup {
  readonly rows: number;
  readonly columns: ReadonlyMap<ParquetColumn, ColumnChunk>;
}

interface Leaf {
  readonly name: string;
  readonly type: number;
  readonly repetition: number;
}

export async function readFooter(size: number, read: ReadRange): Promise<readonly RowGroup[]> {
  if (size < MAGIC.length + TAIL_BYTES) throw parquetDefect('the file is too short');
  let bytes = await read(Math.max(0, size - FIRST_READ_BYTES), size);
  if (bytes.toString('latin1', bytes.length - MAGIC.length) !== MAGIC) {
    throw parquetDefect('the file does not end as one');
  }
  const length = bytes.readUInt32LE(bytes.length - TAIL_BYTES);
  if (length > FOOTER_BYTES_MAX || length > size - MAGIC.length - TAIL_BYTES) {
    throw parquetDefect(`its metadata claims to have ${length} bytes`);
  }
  const from = size - TAIL_BYTES - length;
  if (length + TAIL_BYTES > bytes.length) bytes = await read(from, size);
  const end = bytes.length - TAIL_BYTES;
  return readMetadata(new Thrift(bytes, end - length, end), from);
}

/** `limit`: where the metadata begins; all pages lie before it. */
function readMetadata(thrift: Thrift, limit: number): readonly RowGroup[] {
  let leaves: ReadonlyMap<string, Leaf> = new Map();
  const groups: { rows: number; chunks: RawChunk[] }[] = [];
  thrift.struct((id) => {
    if (id === 2) leaves = readSchema(thrift);
    else if (id === 4) thrift.list(() => groups.push(readGroup(thrift)));
    else return false;
    return true;
  });
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows > limit * ROWS_PER_BYTE_MAX) {
    throw parquetDefect(`${limit} bytes cannot hold the ${rows} rows that it claims`);
  }
  const wanted = wantedColumns(leaves);
  return groups.map((group) => ({
    rows: group.rows,
    columns: new Map(
      [...wanted].map(([column, leaf]) => [column, chunkOf(leaf, group.chunks, limit)] as const),
    ),
  }));
}

/** Leaves at the top: inventories are flat. */
function readSchema(thrift: Thrift): ReadonlyMap<string, Leaf> {
  const elements: (Leaf & { children: number })[] = [];
  thrift.list(() => {
    const element = { name: '', type: -1, repetition: 0, children: 0 };
    thrift.struct((id) => {
      if (id === 1) element.type = thrift.int();
      else if (id === 3) element.repetition = thrift.int();
      else if (id === 4) element.name = thrift.text();
      else if (id === 5) element.children = thrift.int();
      else return false;
      return true;
    });
    elements.push(element);
  });
  const leaves = new Map<string, Leaf>();
  // Elements stand in depth-first order: `inside` counts those that are still below the top.
  let inside = 0;
  for (const element of elements.slice(1)) {
    if (element.children < 0) throw parquetDefect('its schema is malformed');
    if (inside === 0 && element.children === 0) leaves.set(element.name, element);
    inside = Math.max(0, inside - 1) + element.children;
  }
  return leaves;
}

/** S3 spells them `bucket`, `key`, `version_id`; hand-made files may not. */
function wantedColumns(leaves: ReadonlyMap<string, Leaf>): ReadonlyMap<ParquetColumn, Leaf> {
  const wanted = new Map<ParquetColumn, Leaf>();
  for (const leaf of leaves.values()) {
    const plain = leaf.name.toLowerCase().replaceAll('_', '');
    const column = PARQUET_COLUMNS.find((name) => name === plain);
    if (column === undefined) continue;
    if (wanted.has(column)) throw parquetDefect(`it has two columns named ${column}`);
    if (leaf.type !== BYTE_ARRAY || leaf.repetition === REPEATED) {
      throw parquetDefect(`its column ${column} is not a column of strings`);
    }
    wanted.set(column, leaf);
  }
  for (const column of ['bucket', 'key'] as const) {
    if (!wanted.has(column)) throw parquetDefect(`it has no column ${column}`);
  }
  return wanted;
}

interface RawChunk {
  path: string;
  isElsewhere: boolean;
  codec: number;
  bytes: number;
  data: number;
  dictionary: number;
}

function readGroup(thrift: Thrift): { rows: number; chunks: RawChunk[] } {
  const group = { rows: 0, chunks: [] as RawChunk[] };
  thrift.struct((id) => {
    if (id === 1) thrift.list(() => group.chunks.push(readChunk(thrift)));
    else if (id === 3) group.rows = thrift.int();
    else return false;
    return true;
  });
  if (group.rows < 0) throw parquetDefect('a row group has fewer rows than none');
  return group;
}

function readChunk(thrift: Thrift): RawChunk {
  const chunk = { path: '', isElsewhere: false, codec: -1, bytes: -1, data: -1, dictionary: 0 };
  thrift.struct((id) => {
    if (id === 1) {
      chunk.isElsewhere = thrift.text() !== '';
      return true;
    }
    if (id !== 3) return false;
    thrift.struct((member) => {
      const path: string[] = [];
      if (member === 3) {
        thrift.list(() => path.push(thrift.text()));
        // A nested column is none of ours; no name holds a NUL.
        chunk.path = path.join('\0');
      } else if (member === 4) chunk.codec = thrift.int();
      else if (member === 7) chunk.bytes = thrift.int();
      else if (member === 9) chunk.data = thrift.int();
      else if (member === 11) chunk.dictionary = thrift.int();
      else return false;
      return true;
    });
    return true;
  });
  return chunk;
}

function chunkOf(leaf: Leaf, chunks: readonly RawChunk[], limit: number): ColumnChunk {
  const chunk = chunks.find(({ path }) => path === leaf.name);
  if (!chunk || chunk.isElsewhere) {
    throw parquetDefect(`a row group has no column ${leaf.name.slice(0, 20)}`);
  }
  const { codec, bytes, data, dictionary } = chunk;
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  if (start < 0 || bytes < 0 || start + bytes > limit) {
    throw parquetDefect('a column lies outside the file');
  }
  return { start, end: start + bytes, codec, isOptional: leaf.repetition !== 0 };
}
