/** Multipart uploads in progress and their parts. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredChecksum } from '../body/checksums.ts';
import type { Blobs, Segment } from './blobs.ts';
import type { Bucket } from './buckets.ts';
import { type ObjectDraft, segmentsOf } from './versions.ts';

/** What CreateMultipartUpload said; the object gets it at completion. */
export interface UploadDraft {
  readonly object: ObjectDraft;
  readonly checksum?: Pick<StoredChecksum, 'algorithm' | 'type'>;
}

export interface UploadRow {
  readonly id: string;
  readonly bucket: number;
  readonly key: string;
  readonly startedMs: number;
  /** Account id of the initiator. */
  readonly owner: string;
  /** UploadDraft as JSON. */
  readonly draft: string;
}

export interface PartRow {
  readonly upload: string;
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  /** StoredChecksum as JSON, or ''. */
  readonly checksum: string;
  /** Segments as JSON. */
  readonly body: string;
}

export class Uploads {
  readonly #blobs: Blobs;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #delete: StatementSync;
  readonly #from: StatementSync;
  readonly #ofBucket: StatementSync;
  readonly #putPart: StatementSync;
  readonly #parts: StatementSync;
  readonly #part: StatementSync;
  readonly #deleteParts: StatementSync;

  constructor(db: DatabaseSync, blobs: Blobs) {
    this.#blobs = blobs;
    this.#insert = db.prepare(
      'INSERT INTO upload (id, bucket, key, startedMs, owner, draft) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#find = db.prepare('SELECT * FROM upload WHERE id = ? AND bucket = ? AND key = ?');
    this.#delete = db.prepare('DELETE FROM upload WHERE id = ?');
    this.#from = db.prepare('SELECT * FROM upload WHERE bucket = ? AND key >= ? ORDER BY key, id');
    this.#ofBucket = db.prepare('SELECT * FROM upload WHERE bucket = ?');
    this.#putPart = db.prepare('INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#part = db.prepare('SELECT * FROM part WHERE upload = ? AND number = ?');
    this.#parts = db.prepare('SELECT * FROM part WHERE upload = ? ORDER BY number');
    this.#deleteParts = db.prepare('DELETE FROM part WHERE upload = ?');
  }

  create(upload: UploadRow): void {
    const { id, bucket, key, startedMs, owner, draft } = upload;
    this.#insert.run(id, bucket, key, startedMs, owner, draft);
  }

  find(bucket: Bucket, key: string, id: string): UploadRow | undefined {
    return asUpload(this.#find.get(id, bucket.id, key));
  }

  /** Uploads from `key` on: keys in the order of their UTF-8 bytes, then ids. */
  *from(bucket: Bucket, key: string): Generator<UploadRow, void> {
    for (const row of this.#from.iterate(bucket.id, key)) {
      const upload = asUpload(row);
      if (upload !== undefined) yield upload;
    }
  }

  parts(upload: UploadRow): readonly PartRow[] {
    // True because the columns are those of PartRow, with types that STRICT enforces.
    return this.#parts.all(upload.id) as unknown as readonly PartRow[];
  }

  /** Inside a transaction: a part of the same number is replaced. */
  putPart(part: Omit<PartRow, 'body'> & { readonly body: readonly Segment[] }): void {
    this.#blobs.retain(part.body);
    // True because the columns are those of PartRow.
    const replaced = this.#part.get(part.upload, part.number) as unknown as PartRow | undefined;
    if (replaced !== undefined) this.#blobs.release(segmentsOf(replaced));
    const { upload, number, size, etag, modifiedMs, checksum, body } = part;
    this.#putPart.run(upload, number, size, etag, modifiedMs, checksum, JSON.stringify(body));
  }

  /** Inside a transaction: ends the upload; what its parts refer to is released. */
  remove(upload: UploadRow): void {
    for (const part of this.parts(upload)) this.#blobs.release(segmentsOf(part));
    this.#deleteParts.run(upload.id);
    this.#delete.run(upload.id);
  }

  /** Inside a transaction: what a bucket still has in progress goes with it. */
  removeAll(bucket: Bucket): void {
    for (const row of this.#ofBucket.all(bucket.id)) {
      const upload = asUpload(row);
      if (upload !== undefined) this.remove(upload);
    }
  }
}

function asUpload(row: unknown): UploadRow | undefined {
  // True because the columns are those of UploadRow, with types that STRICT enforces.
  return row as UploadRow | undefined;
}

export function draftOf(upload: UploadRow): UploadDraft {
  // True because only JSON.stringify of an UploadDraft writes this column; drafts that the first
  // version of these tables kept have neither lock nor replication.
  const draft = JSON.parse(upload.draft) as UploadDraft;
  return { ...draft, object: { ...{ lock: '{}', replication: '' }, ...draft.object } };
}
