/** Buckets: few, asked for by every request, so they are kept in memory beside their table. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  InventoryConfiguration,
  ReplicationConfiguration,
  ServerSideEncryptionConfiguration,
} from '@aws-sdk/client-s3';

export type Versioning = '' | 'Enabled' | 'Suspended';

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

/** What new versions are kept for. */
export interface DefaultRetention {
  readonly mode: LockMode;
  readonly count: number;
  readonly unit: 'Days' | 'Years';
}

/** What the bucket was configured to; kept as JSON. What is not there was not configured. */
export interface BucketSettings {
  /** There: Object Lock is enabled, which cannot be undone. */
  readonly lock?: { readonly retention?: DefaultRetention };
  readonly replication?: ReplicationConfiguration;
  readonly encryption?: ServerSideEncryptionConfiguration;
  /** By id. */
  readonly inventory?: Readonly<Record<string, InventoryConfiguration>>;
}

export interface Bucket {
  readonly id: number;
  readonly name: string;
  /** Account id. */
  readonly owner: string;
  readonly createdMs: number;
  readonly location: string;
  /** Empty: never versioned. */
  readonly versioning: Versioning;
  /** See acl.ts; empty is private. */
  readonly acl: string;
  readonly settings: BucketSettings;
}

export class Buckets {
  readonly #byName = new Map<string, Bucket>();
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #select: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO bucket (name, owner, createdMs, location, acl) VALUES (?, ?, ?, ?, ?)',
    );
    this.#update = db.prepare(
      'UPDATE bucket SET versioning = ?, acl = ?, settings = ? WHERE id = ?',
    );
    this.#delete = db.prepare('DELETE FROM bucket WHERE id = ?');
    this.#select = db.prepare(
      'SELECT id, name, owner, createdMs, location, versioning, acl, settings FROM bucket',
    );
    this.reload();
  }

  /** After a rollback, which the memory does not see. */
  reload(): void {
    this.#byName.clear();
    for (const row of this.#select.all()) {
      const settings: unknown = JSON.parse(String(row['settings']));
      // True because the columns are those of Bucket, with types that STRICT enforces, and
      // `versioning` and `settings` are written from a Bucket only.
      const bucket = { ...row, settings } as unknown as Bucket;
      this.#byName.set(bucket.name, bucket);
    }
  }

  find(name: string): Bucket | undefined {
    return this.#byName.get(name);
  }

  /** In the order of their names. */
  all(): readonly Bucket[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(bucket: Omit<Bucket, 'id' | 'versioning' | 'settings'>): Bucket {
    const { name, owner, createdMs, location, acl } = bucket;
    const row = this.#insert.run(name, owner, createdMs, location, acl);
    const id = Number(row.lastInsertRowid);
    const created: Bucket = { ...bucket, versioning: '', settings: {}, id };
    this.#byName.set(name, created);
    return created;
  }

  update(bucket: Bucket, change: Partial<Pick<Bucket, 'versioning' | 'acl' | 'settings'>>): void {
    const changed = { ...bucket, ...change };
    const { versioning, acl, settings, id } = changed;
    this.#update.run(versioning, acl, JSON.stringify(settings), id);
    this.#byName.set(changed.name, changed);
  }

  delete(bucket: Bucket): void {
    this.#delete.run(bucket.id);
    this.#byName.delete(bucket.name);
  }
}
