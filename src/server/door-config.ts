/** The settings of the door: certificates, and how much of whom is let in (docs/OPERATING.md). */
import { ConfigError } from './config-error.ts';

export interface TlsFiles {
  /** PEM, the chain included. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface DoorConfig {
  /** Absent: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** More are closed as they come. */
  readonly connectionsMax: number;
  readonly requestsInFlightMax: number;
  /** Requests a second for each access key, and twice as many at once. */
  readonly requestsPerKey: number;
  /** Refused requests (no signature, or a wrong one) a second from one address. */
  readonly refusalsPerAddress: number;
  /** How long the head of a request may take, and the whole of it. */
  readonly headMs: number;
  readonly requestMs: number;
  /** How long a connection may be idle. */
  readonly idleMs: number;
  /** Addresses of proxies that are believed about X-Forwarded-For and X-Forwarded-Proto. */
  readonly trustedProxies: readonly string[];
}

type Whole = (name: string, fallback: number, min: number, max: number) => number;

export function doorOf(text: (name: string) => string | undefined, whole: Whole): DoorConfig {
  const proxies = (text('BRIGADE_TRUSTED_PROXIES') ?? '').split(/[\s,]+/).filter((one) => one);
  const stranger = proxies.find((one) => !/^[\da-f.:]+(\/\d{1,3})?$/i.test(one));
  if (stranger !== undefined) {
    throw new ConfigError(
      `BRIGADE_TRUSTED_PROXIES: must be addresses such as 10.0.0.1 or 10.0.0.0/8, not "${stranger}".`,
    );
  }
  return {
    tls: tlsOf(text('BRIGADE_TLS_CERT'), text('BRIGADE_TLS_KEY')),
    connectionsMax: whole('BRIGADE_CONNECTIONS_MAX', 1000, 1, 100_000),
    requestsInFlightMax: whole('BRIGADE_REQUESTS_MAX', 256, 1, 100_000),
    requestsPerKey: whole('BRIGADE_REQUESTS_PER_KEY', 100, 1, 1_000_000),
    refusalsPerAddress: whole('BRIGADE_REFUSALS_PER_ADDRESS', 10, 1, 1_000_000),
    headMs: whole('BRIGADE_HEAD_SECONDS', 10, 1, 600) * 1000,
    requestMs: whole('BRIGADE_REQUEST_SECONDS', 30, 1, 600) * 1000,
    idleMs: whole('BRIGADE_IDLE_SECONDS', 60, 1, 3600) * 1000,
    trustedProxies: proxies,
  };
}

function tlsOf(certFile: string | undefined, keyFile: string | undefined): TlsFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    const missing = certFile === undefined ? 'BRIGADE_TLS_CERT' : 'BRIGADE_TLS_KEY';
    throw new ConfigError(`${missing}: must be set together with its pair.`);
  }
  return { certFile, keyFile };
}
