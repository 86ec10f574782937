/**
 * Bodies: immutable runs of bytes that versions and parts refer to by segments, so that a copy and
 * the completion of a multipart upload move no bytes at all.
 *
 * I1. A file is complete before the row that names it exists; a file without a row is swept at the
 *     next start, before anything is served.
 * I2. A row lives while a version or part refers to it or a reader has it pinned; its file is
 *     removed after the commit that ended that.
 * I3. Small bodies live in the row: one commit instead of a file to create.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { assert } from '../../src/base/assert.ts';
import type { Random } from '../../src/base/random.ts';

/** `length` bytes of a blob from `start` on. */
export type Segment = readonly [blob: number, start: number, length: number];

/** Bytes that are on their way in: in memory, or in a file that no row names yet. */
export type ReceivedBlob =
  | { readonly size: number; readonly bytes: Buffer }
  | { readonly size: number; readonly file: string };

const INLINE_BYTES_MAX = 16 * 1024;
const READ_BYTES = 256 * 1024;

export class Blobs {
  readonly #folder: string;
  readonly #random: Random;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #addRefs: StatementSync;
  readonly #deleteUnused: StatementSync;
  readonly #pins = new Map<number, number>();
  #unlinkable: string[] = [];

  constructor(db: DatabaseSync, dataDir: string, random: Random) {
    this.#folder = join(dataDir, 'bodies');
    this.#random = random;
    for (let i = 0; i < 256; i++) {
      mkdirSync(join(this.#folder, i.toString(16).padStart(2, '0')), { recursive: true });
    }
    this.#insert = db.prepare('INSERT INTO blob (refs, bytes, file) VALUES (0, ?, ?)');
    this.#select = db.prepare('SELECT bytes, file FROM blob WHERE id = ?');
    this.#addRefs = db.prepare('UPDATE blob SET refs = refs + ? WHERE id = ? RETURNING refs');
    this.#deleteUnused = db.prepare('DELETE FROM blob WHERE id = ? AND refs = 0 RETURNING file');
    this.#sweep(db);
  }

  /** Takes in the bytes of one body; the file is gone again when reading them fails. */
  async receive(chunks: AsyncIterable<Buffer>): Promise<ReceivedBlob> {
    const held: Buffer[] = [];
    let size = 0;
    let file: string | undefined;
    let handle: FileHandle | undefined;
    try {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (handle === undefined && size <= INLINE_BYTES_MAX) {
          held.push(chunk);
          continue;
        }
        if (handle === undefined) {
          const name = this.#random.hex(16);
          file = join(name.slice(0, 2), name.slice(2));
          handle = await open(join(this.#folder, file), 'wx');
          for (const early of held.splice(0)) await handle.writeFile(early);
        }
        await handle.writeFile(chunk);
      }
    } catch (error) {
      await handle?.close();
      if (file !== undefined) await this.discard({ size, file });
      throw error;
    }
    await handle?.close();
    if (file !== undefined) return { size, file };
    // A chunk may be a view of a socket's buffer, which is far larger: keep only our bytes.
    return { size, bytes: Buffer.concat(held) };
  }

  /** Forgets a body that will not be committed. */
  async discard(blob: ReceivedBlob): Promise<void> {
    if ('file' in blob) await rm(join(this.#folder, blob.file), { force: true });
  }

  /** Inside a transaction: gives the body its row, without any reference yet. */
  commit(blob: ReceivedBlob): readonly Segment[] {
    if (blob.size === 0) return [];
    const row =
      'file' in blob ? this.#insert.run(null, blob.file) : this.#insert.run(blob.bytes, null);
    return [[Number(row.lastInsertRowid), 0, blob.size]];
  }

  /** Inside a transaction. */
  retain(segments: readonly Segment[]): void {
    for (const [id] of segments) {
      const row = this.#addRefs.get(1, id);
      assert(row !== undefined, 'A body that is referred to has no row.'); // I2
    }
  }

  /** Inside a transaction. */
  release(segments: readonly Segment[]): void {
    for (const [id] of segments) {
      const row = this.#addRefs.get(-1, id);
      assert(row !== undefined && Number(row['refs']) >= 0, 'A body was released too often.');
      if (row['refs'] === 0 && !this.#pins.has(id)) this.#drop(id);
    }
  }

  /** After the commit: removes the files that it left without a row. */
  removeUnused(): void {
    for (const file of this.#unlinkable.splice(0)) {
      // What cannot be removed now is swept at the next start (I1).
      rm(join(this.#folder, file), { force: true }).catch(() => undefined);
    }
  }

  /** After a rollback: the rows are back, so their files stay. */
  keepUnused(): void {
    this.#unlinkable = [];
  }

  /** Keeps the bodies until `unpin`, whatever happens to their versions (I2). */
  pin(segments: readonly Segment[]): void {
    for (const [id] of segments) this.#pins.set(id, (this.#pins.get(id) ?? 0) + 1);
  }

  unpin(segments: readonly Segment[]): void {
    for (const [id] of segments) {
      const pins = (this.#pins.get(id) ?? 0) - 1;
      if (pins > 0) this.#pins.set(id, pins);
      else {
        this.#pins.delete(id);
        this.#drop(id);
      }
    }
    this.removeUnused();
  }

  /** All the bytes when they are small and in the database, else undefined: read them with `read`. */
  inline(segments: readonly Segment[]): Buffer | undefined {
    if (segments.length === 0) return Buffer.alloc(0);
    const [segment] = segments;
    if (segment === undefined || segments.length > 1) return undefined;
    const bytes = this.#select.get(segment[0])?.['bytes'];
    if (!(bytes instanceof Uint8Array)) return undefined;
    return Buffer.from(bytes.buffer, bytes.byteOffset + segment[1], segment[2]);
  }

  /** The bytes in order; the caller has them pinned. */
  async *read(segments: readonly Segment[]): AsyncGenerator<Buffer, void> {
    for (const segment of segments) {
      const inline = this.inline([segment]);
      if (inline !== undefined) {
        yield inline;
        continue;
      }
      const [id, start, length] = segment;
      const file = this.#select.get(id)?.['file'];
      assert(typeof file === 'string', 'A body that is read has neither bytes nor a file.');
      const handle = await open(join(this.#folder, file), 'r');
      try {
        for (let at = 0; at < length;) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - at));
          const { bytesRead } = await handle.read(buffer, 0, buffer.length, start + at);
          assert(bytesRead > 0, 'A body file is shorter than its row says.');
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    }
  }

  #drop(id: number): void {
    const file = this.#deleteUnused.get(id)?.['file'];
    if (typeof file === 'string') this.#unlinkable.push(file);
  }

  /** Rows whose last reader died with the process, and files that no row names (I1, I2). */
  #sweep(db: DatabaseSync): void {
    db.exec('DELETE FROM blob WHERE refs = 0');
    const named = new Set(
      db
        .prepare('SELECT file FROM blob WHERE file IS NOT NULL')
        .all()
        .map((row) => String(row['file'])),
    );
    for (const folder of readdirSync(this.#folder)) {
      for (const name of readdirSync(join(this.#folder, folder))) {
        const file = join(folder, name);
        if (!named.has(file)) rmSync(join(this.#folder, file));
      }
    }
  }
}

/** The segments of the bytes [start, start + length) of a body. */
export function sliceSegments(
  segments: readonly Segment[],
  start: number,
  length: number,
): readonly Segment[] {
  const out: Segment[] = [];
  let skip = start;
  let left = length;
  for (const [blob, from, size] of segments) {
    if (left === 0) break;
    if (skip >= size) {
      skip -= size;
      continue;
    }
    const taken = Math.min(size - skip, left);
    out.push([blob, from + skip, taken]);
    left -= taken;
    skip = 0;
  }
  return out;
}
