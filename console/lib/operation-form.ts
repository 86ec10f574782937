/** What a form for an operation is, and the choices that several of them offer. */
import type { Field } from './fields.ts';
import type { OperationName, Parameters } from './types.ts';

export interface OperationForm {
  /** The operation's name, or that of a built-in function. */
  readonly id: string;
  readonly operation: OperationName;
  readonly title: string;
  readonly says: string;
  /** What people should know before. */
  readonly warning?: string;
  /** Requests to the store for one object. */
  readonly requests: string;
  readonly requestsMin: number;
  readonly fields: readonly Field[];
  readonly fixed?: Parameters;
}

export type Options = readonly (readonly [string, string])[];
export const same = (...values: readonly string[]): Options =>
  values.map((value) => [value, value]);

export const STORAGE_CLASSES = same(
  ...['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER'],
  'DEEP_ARCHIVE',
);
export const CANNED_ACLS = same(
  ...['private', 'public-read', 'public-read-write', 'authenticated-read'],
  ...['bucket-owner-read', 'bucket-owner-full-control', 'aws-exec-read'],
);
export const CHECKSUMS = same(
  ...['CRC64NVME', 'CRC32', 'CRC32C', 'SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH64', 'XXHASH3'],
  'XXHASH128',
);
export const LOCK_MODES: Options = [
  ['GOVERNANCE', 'Governance: those with a special permission may shorten it'],
  ['COMPLIANCE', 'Compliance: nobody may shorten it, not even the owner'],
];
