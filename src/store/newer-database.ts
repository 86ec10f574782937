/** A database that a newer version has written is refused, never guessed at. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase';

  /** `place`: how its user knows the database, without secrets. */
  constructor(place: string, found: number, known: number) {
    super(
      `The database ${place} was written by a newer Bucket Brigade (schema ${found}, this one knows ${known}). Start the newer version, or restore a backup.`,
    );
  }
}
