/** CloudTrail's record, and its forms of ids and times. */

/** A CloudTrail record: JSON, with the members that somebody here reads. */
export interface TrailRecord {
  readonly eventID: string;
  readonly eventName: string;
  /** To the second, with a Z. */
  readonly eventTime: string;
  readonly [member: string]: unknown;
}

/** CloudTrail's form of an id. */
export function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** CloudTrail's form of a time. */
export function secondOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
