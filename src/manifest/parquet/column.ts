/**
 * The values of one column of one row group, page by page, as ranges of bytes.
 *
 * I1. Memory is a block of the file, one page and one dictionary, each bounded.
 * I2. Bytes that are no pages are a ManifestDefect, before anything of a claimed size is allocated.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { asBuffer, byteAt } from '../../base/bytes.ts';
import type { ColumnChunk, ReadRange } from './footer.ts';
import { Runs } from './runs.ts';
import { unsnap } from './snappy.ts';
import { parquetDefect, Thrift } from './thrift.ts';

/** Writers aim at one MiB. */
const PAGE_BYTES_MAX = 64 * 1024 * 1024;
/** A header has statistics in it: two values of at most a key's length each. */
const HEADER_BYTES_MAX = 64 * 1024;
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Field of a version 2 header; the others have none of this number that is a boolean. */
const IS_COMPRESSED = 7;

const DATA_PAGE = 0;
const INDEX_PAGE = 1;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
const RLE_DICTIONARY = 8;

const CODECS: ReadonlyMap<number, (bytes: Uint8Array, size: number) => Uint8Array> = new Map([
  [0, (bytes) => bytes],
  [1, unsnap],
  [2, (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength })],
  [6, (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength })],
] as const satisfies [number, (bytes: Uint8Array, size: number) => Uint8Array][]);

interface PageHeader {
  type: number;
  size: number;
  compressed: number;
  values: number;
  encoding: number;
  /** Version 2: bytes of levels in front of the values, never compressed. */
  repetitionBytes: number;
  definitionBytes: number;
  isCompressed: boolean;
}

export class ColumnReader {
  /** The value that `next` found is `bytes` [start, end); `end` < 0: there is none. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Values of the current page that `next` has not come to. */
  left = 0;
  readonly #chunk: ColumnChunk;
  readonly #read: ReadRange;
  #block: Buffer = Buffer.alloc(0);
  /** Of the block, in the file; and how far it is read. */
  #blockStart: number;
  #at = 0;
  #page: Uint8Array = new Uint8Array(0);
  #pageAt = 0;
  #levels: Runs | undefined;
  #indexes: Runs | undefined;
  #dictionary: Uint8Array = new Uint8Array(0);
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);

  constructor(chunk: ColumnChunk, read: ReadRange) {
    this.#chunk = chunk;
    this.#read = read;
    this.#blockStart = chunk.start;
  }

  /** To the next page of values, which has at least one. */
  async nextPage(): Promise<void> {
    while (this.left === 0) {
      await this.#have(HEADER_BYTES_MAX);
      const header = this.#header();
      await this.#have(header.compressed);
      if (header.compressed > this.#block.length - this.#at) throw parquetDefect('it ends early');
      const bytes = this.#block.subarray(this.#at, this.#at + header.compressed);
      this.#at += header.compressed;
      if (header.type === DICTIONARY_PAGE) this.#openDictionary(bytes, header);
      else if (header.type === DATA_PAGE)
        this.#openPage(this.#unfolded(bytes, header.size), header);
      else if (header.type === DATA_PAGE_V2) this.#openPageV2(bytes, header);
      else if (header.type !== INDEX_PAGE) throw parquetDefect('it has an unknown kind of page');
    }
  }

  /** To the next value of the page, `left` > 0. */
  next(): void {
    this.left--;
    if (this.#levels?.next() === 0) {
      this.end = -1;
      return;
    }
    if (this.#indexes) {
      const index = this.#indexes.next();
      if (index >= this.#starts.length) throw parquetDefect('a page points outside its dictionary');
      this.start = this.#starts[index] ?? 0;
      this.end = this.#ends[index] ?? 0;
      return;
    }
    const at = this.#pageAt;
    this.start = at + 4;
    this.end = this.#pageAt = endOfPlain(this.#page, at);
  }

  /** Sees to it that the next `count` bytes are in the block, as far as the chunk has them. */
  async #have(count: number): Promise<void> {
    const at = this.#blockStart + this.#at;
    const rest = this.#block.subarray(this.#at);
    const missing = Math.min(count, this.#chunk.end - at) - rest.length;
    if (missing <= 0) return;
    const from = at + rest.length;
    const to = Math.min(this.#chunk.end, from + Math.max(missing, BLOCK_BYTES));
    this.#block = Buffer.concat([rest, await this.#read(from, to)]);
    this.#blockStart = at;
    this.#at = 0;
  }

  #header(): PageHeader {
    const limit = Math.min(this.#block.length, this.#at + HEADER_BYTES_MAX);
    const thrift = new Thrift(this.#block, this.#at, limit);
    const header = readHeader(thrift);
    this.#at = thrift.at;
    for (const size of [header.size, header.compressed]) {
      if (size < 0 || size > PAGE_BYTES_MAX) throw parquetDefect(`a page has ${size} bytes`);
    }
    if (header.values < 0) throw parquetDefect('a page has fewer values than none');
    return header;
  }

  #unfolded(bytes: Uint8Array, size: number): Uint8Array {
    const codec = CODECS.get(this.#chunk.codec);
    if (!codec) {
      throw parquetDefect(
        `compression ${this.#chunk.codec} is none of snappy, gzip, zstd and uncompressed`,
      );
    }
    if (size === 0) return new Uint8Array(0);
    let page: Uint8Array | undefined;
    try {
      page = codec(bytes, size);
    } catch {
      // zlib's words say nothing that its length does not.
      page = undefined;
    }
    if (page?.length !== size) throw parquetDefect('a page cannot be decompressed');
    return page;
  }

  #openDictionary(compressed: Uint8Array, header: PageHeader): void {
    const bytes = this.#unfolded(compressed, header.size);
    const count = header.values;
    // Each entry has four bytes at least.
    if (count > bytes.length / 4) throw parquetDefect('a dictionary ends early');
    this.#dictionary = bytes;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    for (let i = 0, at = 0; i < count; i++) {
      this.#starts[i] = at + 4;
      at = this.#ends[i] = endOfPlain(bytes, at);
    }
  }

  #openPage(page: Uint8Array, header: PageHeader): void {
    let at = 0;
    this.#levels = undefined;
    if (this.#chunk.isOptional) {
      if (page.length < 4) throw parquetDefect('a page ends early');
      at = 4 + asBuffer(page).readUInt32LE(0);
      this.#levels = new Runs(page, 4, at, 1);
    }
    this.#openValues(page, at, header);
  }

  #openPageV2(bytes: Uint8Array, header: PageHeader): void {
    const { repetitionBytes, definitionBytes } = header;
    const levels = repetitionBytes + definitionBytes;
    if (
      repetitionBytes < 0 ||
      definitionBytes < 0 ||
      levels > Math.min(bytes.length, header.size)
    ) {
      throw parquetDefect('a page ends early');
    }
    this.#levels = this.#chunk.isOptional ? new Runs(bytes, repetitionBytes, levels, 1) : undefined;
    const values = bytes.subarray(levels);
    const size = header.size - levels;
    this.#openValues(header.isCompressed ? this.#unfolded(values, size) : values, 0, header);
  }

  #openValues(page: Uint8Array, at: number, { values, encoding }: PageHeader): void {
    this.left = values;
    if (encoding === PLAIN) {
      this.#indexes = undefined;
      this.#page = page;
      this.#pageAt = at;
      this.bytes = page;
    } else if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
      // A page of nothing but absent values may have no width.
      const width = at < page.length ? byteAt(page, at) : 0;
      this.#indexes = new Runs(page, Math.min(at + 1, page.length), page.length, width);
      this.bytes = this.#dictionary;
    } else {
      throw parquetDefect(`encoding ${encoding} is neither plain nor a dictionary`);
    }
  }
}

/** Where the value ends whose length stands at `at`. */
function endOfPlain(bytes: Uint8Array, at: number): number {
  const start = at + 4;
  if (start > bytes.length) throw parquetDefect('a page ends early');
  const length =
    byteAt(bytes, at) +
    byteAt(bytes, at + 1) * 0x100 +
    byteAt(bytes, at + 2) * 0x10000 +
    byteAt(bytes, at + 3) * 0x1000000;
  if (length > bytes.length - start) throw parquetDefect('a page ends early');
  return start + length;
}

function readHeader(thrift: Thrift): PageHeader {
  const header: PageHeader = {
    type: -1,
    size: -1,
    compressed: -1,
    values: 0,
    encoding: -1,
    repetitionBytes: 0,
    definitionBytes: 0,
    isCompressed: true,
  };
  thrift.struct((id) => {
    if (id === 1) header.type = thrift.int();
    else if (id === 2) header.size = thrift.int();
    else if (id === 3) header.compressed = thrift.int();
    else if (id === 5 || id === 7) readPart(thrift, header, { encoding: 2 });
    else if (id === 8)
      readPart(thrift, header, { encoding: 4, definitionBytes: 5, repetitionBytes: 6 });
    else return false;
    return true;
  });
  return header;
}

/** The header of one kind of page: its count of values comes first in all of them. */
function readPart(
  thrift: Thrift,
  header: PageHeader,
  members: Partial<Record<'encoding' | 'definitionBytes' | 'repetitionBytes', number>>,
): void {
  const field = (id: number): boolean => {
    if (id === 1) header.values = thrift.int();
    else if (id === members.encoding) header.encoding = thrift.int();
    else if (id === members.definitionBytes) header.definitionBytes = thrift.int();
    else if (id === members.repetitionBytes) header.repetitionBytes = thrift.int();
    else return false;
    return true;
  };
  thrift.struct(field, (id, value) => {
    if (id === IS_COMPRESSED) header.isCompressed = value;
  });
}
