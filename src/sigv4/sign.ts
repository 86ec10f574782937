/**
 * Signs requests: the hot path of the product, once per S3 request.
 *
 * I1. Everything handed in is signed: method, path, query, every header, the payload's hash.
 * I2. Header names come lowercase and path and query canonical (encodePath, encodeQuery); they are
 *     not looked at again, since whoever builds a request knows what it built.
 */
import { encodeComponent, encodeQuery } from './encode.ts';
import {
  ALGORITHM,
  amzDateOf,
  type Hmac,
  scopeText,
  sha256Hex,
  signingKey,
  UNSIGNED_PAYLOAD,
} from './key.ts';

export interface SignerOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly service: 's3' | 'lambda' | 'sts';
}

export interface RequestToSign {
  readonly method: string;
  /** Canonical, already encoded: for S3 as it is sent, for other services encoded once more. */
  readonly path: string;
  /** Canonical: encoded and sorted; empty when there is none. */
  readonly query: string;
  /** Lowercase names, with `host`. All of them are signed. Must not be changed afterwards. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, EMPTY_SHA256 or UNSIGNED_PAYLOAD. */
  readonly payloadHash: string;
}

export interface RequestToPresign {
  readonly method: string;
  /** Canonical, already encoded. */
  readonly path: string;
  /** Decoded parameters. */
  readonly query?: Readonly<Record<string, string>>;
  /** Lowercase names, with `host`. The request must carry all of them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Signer {
  /** The headers to add to the request. */
  sign(request: RequestToSign, nowMs: number): Record<string, string>;
  /** The target (path and query) to ask for; good for `expiresSeconds`, the body unsigned. */
  presign(request: RequestToPresign, nowMs: number, expiresSeconds: number): string;
}

/** What changes with the second or the day, not with the request. */
interface Moment {
  readonly second: number;
  readonly amzDate: string;
  readonly scope: string;
  /** The head of the string to sign. */
  readonly head: string;
  readonly hmac: Hmac;
}

/** What requests with the same headers and payload share within a second. */
interface Shared {
  readonly moment: Moment;
  readonly headers: RequestToSign['headers'];
  readonly payloadHash: string;
  readonly added: Readonly<Record<string, string>>;
  readonly names: string;
  readonly lines: string;
}

export function createSigner(options: SignerOptions): Signer {
  const { accessKeyId, secretAccessKey, sessionToken, region, service } = options;
  let moment: Moment | undefined;
  let shared: Shared | undefined;

  const momentOf = (nowMs: number): Moment => {
    const second = Math.floor(nowMs / 1000);
    if (moment?.second === second) return moment;
    const amzDate = amzDateOf(second * 1000);
    const parts = { day: amzDate.slice(0, 8), region, service };
    const scope = scopeText(parts);
    const { hmac } = signingKey(accessKeyId, secretAccessKey, parts);
    moment = { second, amzDate, scope, head: `${ALGORITHM}\n${amzDate}\n${scope}\n`, hmac };
    return moment;
  };

  /** Tasks of one job hand in the same headers: three quarters of a signature are in here. */
  const sharedOf = ({ headers, payloadHash }: RequestToSign, moment: Moment): Shared => {
    const isSame = shared?.headers === headers && shared.payloadHash === payloadHash;
    if (isSame && shared?.moment === moment) return shared;
    const added: Record<string, string> = {
      'x-amz-date': moment.amzDate,
      'x-amz-content-sha256': payloadHash,
    };
    if (sessionToken !== undefined) added['x-amz-security-token'] = sessionToken;
    const { names, lines } = canonicalHeaders({ ...headers, ...added });
    return (shared = { moment, headers, payloadHash, added, names, lines });
  };

  return {
    sign(request, nowMs) {
      const moment = momentOf(nowMs);
      const { added, names, lines } = sharedOf(request, moment);
      const canonical = `${request.method}\n${request.path}\n${request.query}\n${lines}\n${names}\n${request.payloadHash}`;
      const signature = moment.hmac.hex(moment.head + sha256Hex(canonical));
      const authorization = `${ALGORITHM} Credential=${accessKeyId}/${moment.scope}, SignedHeaders=${names}, Signature=${signature}`;
      return { ...added, authorization };
    },

    presign(request, nowMs, expiresSeconds) {
      const { amzDate, scope, head, hmac } = momentOf(nowMs);
      const { names, lines } = canonicalHeaders(request.headers);
      const query = encodeQuery({
        ...request.query,
        'X-Amz-Algorithm': ALGORITHM,
        'X-Amz-Credential': `${accessKeyId}/${scope}`,
        'X-Amz-Date': amzDate,
        'X-Amz-Expires': String(expiresSeconds),
        'X-Amz-SignedHeaders': names,
        ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
      });
      const canonical = `${request.method}\n${request.path}\n${query}\n${lines}\n${names}\n${UNSIGNED_PAYLOAD}`;
      const signature = hmac.hex(head + sha256Hex(canonical));
      return `${request.path}?${query}&X-Amz-Signature=${encodeComponent(signature)}`;
    },
  };
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): {
  names: string;
  lines: string;
} {
  const sorted = Object.keys(headers).sort();
  let lines = '';
  for (const name of sorted) lines += `${name}:${canonicalValue(headers[name] ?? '')}\n`;
  return { names: sorted.join(';'), lines };
}

const UNTIDY = /^[ \t]|[ \t]$|[ \t]{2}|\t/;

/** Without white space at the ends, and one space where there is more inside. */
export function canonicalValue(value: string): string {
  if (!UNTIDY.test(value)) return value;
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
}
