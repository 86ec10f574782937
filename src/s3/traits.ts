/**
 * Stores with known gaps, recognised by the headers of any answer. The facts were measured, with
 * the version named; where a gap is closed later, making up for it costs a request and harms nothing.
 */
import type { StoreTraits } from './s3.ts';

const GENERIC: StoreTraits = {
  name: 'S3',
  copyIgnoresTagging: false,
  copyIgnoresConditions: false,
  copyIgnoresLock: false,
};

interface KnownStore {
  readonly traits: StoreTraits;
  isMeant(headers: Readonly<Record<string, string>>, hostname: string): boolean;
}

const KNOWN: readonly KnownStore[] = [
  {
    traits: { ...GENERIC, name: 'Amazon S3', updatesEncryption: true },
    // By its name only: several stores and mocks send the headers of AWS.
    isMeant: (_headers, hostname) => /\.amazonaws\.com(\.cn)?$/.test(hostname),
  },
  {
    traits: { ...GENERIC, name: 'the sandbox', updatesEncryption: true },
    isMeant: (headers) => headers['server'] === 'bucket-brigade-sandbox',
  },
  {
    // Measured on 16.2.15, November 2026.
    traits: {
      name: 'Ceph RGW',
      copyIgnoresTagging: true,
      copyIgnoresConditions: true,
      copyIgnoresLock: true,
      copyIgnoresRedirect: true,
      copyIgnoresEncryption: true,
      uploadIgnoresTagging: true,
      uploadIgnoresLock: true,
      partCopyDecodesTwice: true,
      lacksRestore: true,
    },
    // A transaction id: `tx`, 21 hex digits of a counter, the time, the instance, the zone.
    isMeant: (headers) => /^tx[0-9a-f]{21}-[0-9a-f]+-/.test(headers['x-amz-request-id'] ?? ''),
  },
];

/** The first known store that fits, or one without gaps. */
export function traitsOf(headers: Readonly<Record<string, string>>, hostname: string): StoreTraits {
  return KNOWN.find((store) => store.isMeant(headers, hostname))?.traits ?? GENERIC;
}
