/**
 * The certificate of the door, read from files that somebody renews.
 *
 * I1. A new pair is for new connections; those that stand are not touched.
 * I2. A pair that cannot be used is told, and the old one stays: half a renewal, with the certificate
 *     written and the key not yet, does not shut the door.
 * Files are compared by content, not by notification: secrets of Kubernetes are links that move.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ConfigError } from './config-error.ts';
import type { TlsFiles } from './door-config.ts';

export const TLS_VERSION_MIN = 'TLSv1.2';
const LOOK_MS = 10_000;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Throws ConfigError, which quotes nothing of the key. */
export function readPair({ certFile, keyFile }: TlsFiles): Pair {
  const read = (name: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      throw new ConfigError(`${name}: the file ${file} cannot be read: ${code}.`);
    }
  };
  const pair = { cert: read('BRIGADE_TLS_CERT', certFile), key: read('BRIGADE_TLS_KEY', keyFile) };
  try {
    createSecureContext(pair);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'they cannot be used';
    throw new ConfigError(
      `BRIGADE_TLS_CERT, BRIGADE_TLS_KEY: no pair of certificate and key: ${why}.`,
    );
  }
  return pair;
}

export interface PairUser {
  setSecureContext(options: SecureContextOptions): void;
}

export interface Watching {
  /** Looks now. */
  look(): void;
  stop(): void;
}

/** Hands each new pair to `user`, until it is stopped. */
export function watchPair(
  files: TlsFiles,
  first: Pair,
  user: PairUser,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Watching {
  let { cert, key } = first;
  let complaint = '';
  const stopping = new AbortController();
  const look = (): void => {
    try {
      const pair = readPair(files);
      complaint = '';
      if (pair.cert === cert && pair.key === key) return;
      user.setSecureContext({ ...pair, minVersion: TLS_VERSION_MIN });
      ({ cert, key } = pair);
      log.info({ certFile: files.certFile }, 'A new certificate is in use.');
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (said !== complaint)
        log.error({ said }, 'A new certificate cannot be used; the old one is.'); // I2
      complaint = said;
    }
  };
  void (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(LOOK_MS, stopping.signal);
      if (!stopping.signal.aborted) look();
    }
  })();
  return { look, stop: () => stopping.abort() };
}
