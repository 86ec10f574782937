/** The service of this machine, for commands that are told of no other. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, KeyPair } from './config.ts';
import { knownRootKey } from './root-key.ts';

export interface LocalService {
  readonly url: string;
  readonly account: string;
  readonly credentials: KeyPair;
  /** Absent: it works on an endpoint that is configured. */
  readonly sandboxUrl?: string;
}

/** Undefined: no service has been started on this data folder, or its port is not known. */
export function localService(config: Config): LocalService | undefined {
  const { account, dataDir, port, sandboxPort, s3 } = config;
  const credentials = existsSync(dataDir) ? knownRootKey(config) : undefined;
  if (!credentials || port === 0) return undefined;
  // A service that listens everywhere is reached here too.
  const host = config.host === '0.0.0.0' ? '127.0.0.1' : config.host;
  const isSandbox = !s3 && sandboxPort !== 0 && existsSync(join(dataDir, 'sandbox'));
  return {
    url: `${config.door.tls ? 'https' : 'http'}://${host}:${port}`,
    account,
    credentials,
    ...(isSandbox ? { sandboxUrl: `http://${host}:${sandboxPort}` } : {}),
  };
}
