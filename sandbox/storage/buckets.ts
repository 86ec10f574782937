/** Buckets: few, asked for by every request, so they are kept in memory beside their table. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export type Versioning = '' | 'Enabled' | 'Suspended';

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
    this.#update = db.prepare('UPDATE bucket SET versioning = ?, acl = ? WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM bucket WHERE id = ?');
    this.#select = db.prepare(
      'SELECT id, name, owner, createdMs, location, versioning, acl FROM bucket',
    );
    this.reload();
  }

  /** After a rollback, which the memory does not see. */
  reload(): void {
    this.#byName.clear();
    for (const row of this.#select.all()) {
      // True because the columns are those of Bucket, with types that STRICT enforces, and
      // `versioning` is written from a Bucket only.
      const bucket = { ...row } as unknown as Bucket;
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

  create(bucket: Omit<Bucket, 'id' | 'versioning'>): void {
    const { name, owner, createdMs, location, acl } = bucket;
    const row = this.#insert.run(name, owner, createdMs, location, acl);
    this.#byName.set(name, { ...bucket, versioning: '', id: Number(row.lastInsertRowid) });
  }

  update(bucket: Bucket, change: Partial<Pick<Bucket, 'versioning' | 'acl'>>): void {
    const changed = { ...bucket, ...change };
    this.#update.run(changed.versioning, changed.acl, changed.id);
    this.#byName.set(changed.name, changed);
  }

  delete(bucket: Bucket): void {
    this.#delete.run(bucket.id);
    this.#byName.delete(bucket.name);
  }
}
