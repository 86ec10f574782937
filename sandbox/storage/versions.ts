/**
 * Versions of objects and their delete markers.
 *
 * I1. The current version of a key is its row with the largest id; ids only grow, also over a
 *     restart.
 * I2. A bucket that is not Enabled writes the version `null`, and a key has at most one of those.
 * I3. A version id says at which id it stands, so that a listing goes on behind a version that has
 *     been deleted since.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Random } from '../../src/base/random.ts';
import type { Blobs, Segment } from './blobs.ts';
import type { Bucket } from './buckets.ts';

export const NULL_VERSION = 'null';

/** What a writer says about a new object; the texts are JSON, empty values are '{}', '[]' or ''. */
export interface ObjectDraft {
  readonly owner: string;
  readonly storageClass: string;
  /** Headers that GET answers as they are: Content-*, Cache-Control, Expires, redirect. */
  readonly headers: string;
  readonly metadata: string;
  /** Headers about encryption that every answer repeats. */
  readonly encryption: string;
  readonly tags: string;
  readonly acl: string;
  /** ObjectLock. */
  readonly lock: string;
  /** The value of x-amz-replication-status, or ''. */
  readonly replication: string;
}

export interface ObjectContent {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** StoredChecksum, or ''. */
  readonly checksum: string;
  /** Sizes and checksums of the parts of a multipart upload, or ''. */
  readonly parts: string;
  readonly body: readonly Segment[];
}

export interface VersionRow extends ObjectDraft, Omit<ObjectContent, 'body'> {
  readonly id: number;
  readonly bucket: number;
  readonly key: string;
  readonly versionId: string;
  /** 1: a delete marker. */
  readonly marker: number;
  readonly modifiedMs: number;
  /** Segments as JSON. */
  readonly body: string;
  /** Restore as JSON, or '{}'. */
  readonly restore: string;
}

const COLUMNS =
  'id, bucket, key, versionId, marker, modifiedMs, owner, size, etag, storageClass, headers, metadata, encryption, tags, acl, checksum, parts, body, lock, restore, replication';
/** What can be changed about a version that is there. */
type Changeable = 'tags' | 'acl' | 'lock' | 'restore' | 'encryption';

export class Versions {
  readonly #blobs: Blobs;
  readonly #random: Random;
  #lastId: number;
  readonly #current: StatementSync;
  readonly #exact: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #any: StatementSync;
  readonly #set: Readonly<Record<Changeable, StatementSync>>;
  readonly #from: StatementSync;

  constructor(db: DatabaseSync, blobs: Blobs, random: Random) {
    this.#blobs = blobs;
    this.#random = random;
    const last = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'version'").get();
    this.#lastId = Number(last?.['seq'] ?? 0);
    const select = `SELECT ${COLUMNS} FROM version WHERE bucket = ?`;
    this.#current = db.prepare(`${select} AND key = ? ORDER BY id DESC LIMIT 1`);
    this.#exact = db.prepare(`${select} AND key = ? AND versionId = ?`);
    this.#from = db.prepare(`${select} AND key >= ? ORDER BY key, id DESC`);
    this.#insert = db.prepare(
      `INSERT INTO version (${COLUMNS}) VALUES (${COLUMNS.replace(/\w+/g, '?')})`,
    );
    this.#delete = db.prepare('DELETE FROM version WHERE id = ?');
    this.#any = db.prepare('SELECT 1 FROM version WHERE bucket = ? LIMIT 1');
    const set = (column: string): StatementSync =>
      db.prepare(`UPDATE version SET ${column} = ? WHERE id = ?`);
    this.#set = {
      ...{ tags: set('tags'), acl: set('acl'), lock: set('lock') },
      ...{ restore: set('restore'), encryption: set('encryption') },
    };
  }

  current(bucket: Bucket, key: string): VersionRow | undefined {
    return asVersion(this.#current.get(bucket.id, key));
  }

  exact(bucket: Bucket, key: string, versionId: string): VersionRow | undefined {
    return asVersion(this.#exact.get(bucket.id, key, versionId));
  }

  isEmpty(bucket: Bucket): boolean {
    return this.#any.get(bucket.id) === undefined;
  }

  /** Inside a transaction: a new current version (I2). */
  put(
    bucket: Bucket,
    key: string,
    draft: ObjectDraft,
    content: ObjectContent,
    nowMs: number,
  ): VersionRow {
    return this.#add({ bucket, key, marker: 0, modifiedMs: nowMs, draft, content });
  }

  /** Inside a transaction: a new current delete marker (I2). */
  putMarker(bucket: Bucket, key: string, owner: string, nowMs: number): VersionRow {
    const draft = { ...NO_DRAFT, owner };
    return this.#add({ bucket, key, marker: 1, modifiedMs: nowMs, draft, content: NO_CONTENT });
  }

  /** Inside a transaction. */
  remove(row: VersionRow): void {
    this.#delete.run(row.id);
    this.#blobs.release(segmentsOf(row));
  }

  /** Inside a transaction: changes one thing about a version, which stays the same version. */
  set(row: VersionRow, column: Changeable, value: string): void {
    this.#set[column].run(value, row.id);
  }

  /** Every version from `key` on: keys in the order of their UTF-8 bytes, newest version first. */
  *from(bucket: Bucket, key: string): Generator<VersionRow, void> {
    for (const row of this.#from.iterate(bucket.id, key)) {
      const version = asVersion(row);
      if (version !== undefined) yield version;
    }
  }

  #add(given: {
    readonly bucket: Bucket;
    readonly key: string;
    readonly marker: number;
    readonly modifiedMs: number;
    readonly draft: ObjectDraft;
    readonly content: ObjectContent;
  }): VersionRow {
    const { bucket, key, marker, modifiedMs, draft, content } = given;
    this.#blobs.retain(content.body);
    const isVersioned = bucket.versioning === 'Enabled';
    if (!isVersioned) {
      const replaced = this.exact(bucket, key, NULL_VERSION);
      if (replaced !== undefined) this.remove(replaced);
    }
    const id = ++this.#lastId;
    const versionId = isVersioned
      ? `${this.#random.hex(10)}${id.toString(16).padStart(12, '0')}`
      : NULL_VERSION;
    const row: VersionRow = {
      ...{ id, bucket: bucket.id, key, versionId, marker, modifiedMs },
      ...draft,
      ...content,
      body: JSON.stringify(content.body),
      restore: '{}',
    };
    this.#insert.run(...valuesOf(row));
    return row;
  }
}

const NO_DRAFT: ObjectDraft = {
  owner: '',
  storageClass: '',
  headers: '{}',
  metadata: '{}',
  encryption: '{}',
  tags: '[]',
  acl: '',
  lock: '{}',
  replication: '',
};
const NO_CONTENT: ObjectContent = { size: 0, etag: '', checksum: '', parts: '', body: [] };

/** In the order of COLUMNS. */
function valuesOf(row: VersionRow): SQLInputValue[] {
  return [
    ...[row.id, row.bucket, row.key, row.versionId, row.marker, row.modifiedMs, row.owner],
    ...[row.size, row.etag, row.storageClass, row.headers, row.metadata, row.encryption],
    ...[row.tags, row.acl, row.checksum, row.parts, row.body, row.lock, row.restore],
    row.replication,
  ];
}

function asVersion(row: unknown): VersionRow | undefined {
  // True because the columns are those of VersionRow, with types that STRICT enforces.
  return row as VersionRow | undefined;
}

export function segmentsOf(row: { readonly body: string }): readonly Segment[] {
  // True because only JSON.stringify of segments writes this column.
  return JSON.parse(row.body) as readonly Segment[];
}

/** The id at which a version id stands, or undefined when it is none of ours (I3). */
export function idOfVersionId(versionId: string): number | undefined {
  if (!/^[0-9a-f]{32}$/.test(versionId)) return undefined;
  return Number.parseInt(versionId.slice(20), 16);
}
