/**
 * Seals what must be read again: the secrets of access keys, which signatures are verified with, and
 * what temporary credentials carry. AES-256-GCM under keys that are derived from the master key.
 *
 * I1. What was sealed for one purpose and name opens for no other.
 * I2. The first master key seals, every one of them opens: so the master key is changed.
 * I3. Whatever is altered, cut or made up does not open; nothing is thrown.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import { assert } from '../base/assert.ts';
import type { Random } from '../base/random.ts';

export const MASTER_KEY_BYTES = 32;
const FORM = '1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** 64 hex digits, or 32 bytes in base64; several, with commas between. Undefined: it is none. */
export function readMasterKeys(text: string): readonly Buffer[] | undefined {
  const keys = text.split(',').map((one) => bytesOf(one.trim()));
  return keys.some((key) => key.length !== MASTER_KEY_BYTES) ? undefined : keys;
}

function bytesOf(text: string): Buffer {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}

interface MasterKey {
  /** Tells keys apart, and nothing about them. */
  readonly mark: string;
  readonly bytes: Buffer;
}

export class Vault {
  readonly #keys: readonly MasterKey[];
  readonly #random: Random;

  /** Newest first. */
  constructor(masterKeys: readonly Uint8Array[], random: Random) {
    assert(masterKeys.length > 0, 'A vault has no master key.');
    this.#random = random;
    this.#keys = masterKeys.map((key) => {
      assert(key.length === MASTER_KEY_BYTES, 'A master key has not 32 bytes.');
      const bytes = Buffer.from(hkdfSync('sha256', key, '', 'brigade vault 1', 32));
      return { mark: createHmac('sha256', bytes).update('mark').digest('hex').slice(0, 12), bytes };
    });
  }

  seal(text: string, purpose: string): string {
    const [key] = this.#keys;
    assert(key !== undefined, 'A vault has lost its master key.');
    const iv = Buffer.from(this.#random.hex(IV_BYTES), 'hex');
    const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]);
    const all = Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
    return `${FORM}.${key.mark}.${all}`;
  }

  /** Undefined: not sealed by this vault, or not for this purpose (I3). */
  open(sealed: string, purpose: string): string | undefined {
    const key = this.#keyOf(sealed);
    const bytes = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
    if (!key || bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const end = bytes.length - TAG_BYTES;
    const iv = bytes.subarray(0, IV_BYTES);
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, options)
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(end));
    try {
      const text = decipher.update(bytes.subarray(IV_BYTES, end));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      return undefined; // The tag does not fit: altered, or for something else.
    }
  }

  /** Whether one of its keys sealed this, as far as that can be seen without opening it. */
  knows(sealed: string): boolean {
    return this.#keyOf(sealed) !== undefined;
  }

  [inspect.custom](): string {
    return 'Vault';
  }

  #keyOf(sealed: string): MasterKey | undefined {
    const [form, mark, , ...rest] = sealed.split('.');
    if (form !== FORM || rest.length > 0) return undefined;
    return this.#keys.find((key) => key.mark === mark);
  }
}

/** The purpose of a key's secret. */
export function secretOf(accessKeyId: string): string {
  return `secret of ${accessKeyId}`;
}
