/**
 * Verifies Signature Version 4 on a request as received, in its header form and its presigned form.
 * The refusals carry S3's own codes and texts.
 *
 * I1. A request is accepted only when method, path, query, host, every signed header and the
 *     declared hash of the payload are what the holder of the secret signed, and every `x-amz-*`
 *     header that arrived was signed.
 * I2. The body is not looked at: whoever reads it compares it with `payloadHash`.
 * I3. Nothing that a stranger can send makes it throw.
 * I4. Both spellings of the path that clients sign are accepted: decoded and encoded once (AWS's
 *     rule) and as it stands in the request line (botocore). They differ only for spellings that no
 *     encoder of ours writes, such as a raw `+`; both bind the key that the path names.
 */
import { canonicalPath, canonicalQuery, decodeQuery } from './encode.ts';
import {
  ALGORITHM,
  amzDateMs,
  scopeText,
  sha256Hex,
  signaturesEqual,
  signingKey,
  UNSIGNED_PAYLOAD,
} from './key.ts';
import { canonicalValue } from './sign.ts';

/** How far the clocks of two machines may be apart: S3's fifteen minutes. */
const SKEW_MS_MAX = 15 * 60 * 1000;
/** S3: a presigned request lives for a week at most. */
const EXPIRES_SECONDS_MAX = 604_800;
/** What a request line may hold; anything else could not be told from the lines around it. */
const PRINTABLE = /^[!-~]+$/;

export interface ReceivedRequest {
  readonly method: string;
  /** Raw `path?query`, exactly as received. */
  readonly target: string;
  /** Lowercase names; several values of one name joined by `,`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface VerifyOptions {
  /** Regions that a credential scope may name; absent: any. */
  readonly regions?: readonly string[];
  /** That a credential scope must name; absent: `s3`. */
  readonly service?: 's3' | 'sts';
  /**
   * Of the body, for services whose clients do not declare it in a header; what is declared is
   * passed on all the same, and whoever reads the body compares.
   */
  readonly bodyHash?: string;
}

export interface Verified {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** As declared: hex SHA-256, UNSIGNED_PAYLOAD or one of the STREAMING names. */
  readonly payloadHash: string;
  readonly signature: string;
  readonly signingKey: Buffer;
  readonly scope: string;
  readonly amzDate: string;
  readonly sessionToken?: string;
}

export type SigV4Refusal =
  | 'AccessDenied'
  | 'InvalidAccessKeyId'
  | 'SignatureDoesNotMatch'
  | 'RequestTimeTooSkewed'
  | 'MissingSecurityHeader'
  | 'AuthorizationHeaderMalformed'
  | 'AuthorizationQueryParametersError';

/** Who a request says it is signed by; nothing of it is proved yet. */
export interface Claimed {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly sessionToken?: string;
  /** `secret`: undefined for a key nobody has. */
  verify(secret: string | undefined, nowMs: number): Verified | Refused;
}

export interface Refused {
  readonly ok: false;
  readonly code: SigV4Refusal;
  readonly message: string;
}

/** What the request says about its signature, in either form. */
interface Claim {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly amzDate: string;
  readonly dateMs: number;
  readonly payloadHash: string;
  readonly sessionToken: string | undefined;
  /** Presigned: how long it lives. */
  readonly expiresSeconds?: number;
}

/** `findSecret` gives the secret of a key, or undefined for a key nobody has. */
export function verifySigV4(
  request: ReceivedRequest,
  findSecret: (accessKeyId: string) => string | undefined,
  nowMs: number,
  options: VerifyOptions = {},
): Verified | Refused {
  const claimed = readSigV4(request, options);
  return claimed.ok ? claimed.verify(findSecret(claimed.accessKeyId), nowMs) : claimed;
}

/** As `verifySigV4` in two steps, for those who must ask for the secret in between. */
export function readSigV4(
  request: ReceivedRequest,
  options: VerifyOptions = {},
): Claimed | Refused {
  const query = queryOf(request.target);
  const authorization = request.headers['authorization'];
  const presigned = /(?:^|&)X-Amz-(?:Algorithm|Signature)=/.test(query);

  if (authorization === undefined && !presigned) return refuse('AccessDenied', 'Access Denied');
  if (authorization !== undefined && presigned) {
    return refuse(
      'AuthorizationQueryParametersError',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
    );
  }
  const claim =
    authorization === undefined
      ? claimOfQuery(query, request.headers)
      : claimOfHeaders(authorization, request.headers, options.bodyHash);
  if ('ok' in claim) return claim;
  const { accessKeyId, sessionToken } = claim;
  return {
    ok: true,
    accessKeyId,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    verify: (secret, nowMs) => verifyClaim(request, claim, secret, nowMs, options),
  };
}

function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
}

function verifyClaim(
  request: ReceivedRequest,
  claim: Claim,
  secret: string | undefined,
  nowMs: number,
  options: VerifyOptions,
): Verified | Refused {
  if (secret === undefined) {
    return refuse(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const refusal =
    refusalOfScope(claim, options) ??
    refusalOfTime(claim, nowMs) ??
    refusalOfUnsigned(claim, request.headers);
  if (refusal !== undefined) return refusal;

  const { key, hmac } = signingKey(claim.accessKeyId, secret, claim);
  const scope = scopeText(claim);
  const { target } = request;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const tail = [
    canonicalQuery(
      queryOf(target),
      claim.expiresSeconds === undefined ? undefined : 'X-Amz-Signature',
    ),
    claim.signedHeaders
      .map((name) => `${name}:${receivedValue(request.headers[name] ?? '')}\n`)
      .join(''),
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n');
  const isSigned = (spelling: string): boolean => {
    const hashed = sha256Hex(`${request.method}\n${spelling || '/'}\n${tail}`);
    const text = `${ALGORITHM}\n${claim.amzDate}\n${scope}\n${hashed}`;
    return signaturesEqual(hmac.hex(text), claim.signature);
  };
  const canonical = canonicalPath(path);
  if (!isSigned(canonical) && !(PRINTABLE.test(path) && isSigned(path))) {
    return refuse(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  return {
    ok: true,
    accessKeyId: claim.accessKeyId,
    region: claim.region,
    service: claim.service,
    payloadHash: claim.payloadHash,
    signature: claim.signature,
    signingKey: key,
    scope,
    amzDate: claim.amzDate,
    ...(claim.sessionToken === undefined ? {} : { sessionToken: claim.sessionToken }),
  };
}

function refuse(code: SigV4Refusal, message: string): Refused {
  return { ok: false, code, message };
}

function claimOfHeaders(
  authorization: string,
  headers: Readonly<Record<string, string>>,
  bodyHash: string | undefined,
): Claim | Refused {
  const malformed = (why: string): Refused =>
    refuse('AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}`);

  if (!authorization.startsWith(`${ALGORITHM} `)) {
    return malformed(`the authorization mechanism must be ${ALGORITHM}.`);
  }
  const fields = new Map<string, string>();
  for (const piece of authorization.slice(ALGORITHM.length + 1).split(',')) {
    const equals = piece.indexOf('=');
    if (equals > 0) fields.set(piece.slice(0, equals).trim(), piece.slice(equals + 1).trim());
  }
  for (const name of ['Credential', 'SignedHeaders', 'Signature']) {
    if (!fields.has(name)) return malformed(`the authorization component "${name}" is missing.`);
  }
  const credential = parseCredential(fields.get('Credential') ?? '');
  if (credential === undefined) {
    return malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const amzDate = headers['x-amz-date'] ?? '';
  const dateMs = amzDateMs(amzDate);
  if (dateMs === undefined) {
    return refuse('AccessDenied', 'AWS authentication requires a valid x-amz-date header');
  }
  if (amzDate.slice(0, 8) !== credential.day) {
    return malformed(
      `Invalid credential date "${credential.day}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`,
    );
  }
  const payloadHash = headers['x-amz-content-sha256'] ?? bodyHash;
  if (payloadHash === undefined) {
    return refuse(
      'MissingSecurityHeader',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  return {
    ...credential,
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
    amzDate,
    dateMs,
    payloadHash,
    sessionToken: headers['x-amz-security-token'],
  };
}

function claimOfQuery(query: string, headers: Readonly<Record<string, string>>): Claim | Refused {
  const wrong = (why: string): Refused => refuse('AuthorizationQueryParametersError', why);
  const fields = new Map<string, string>();
  for (const [spelling, value] of decodeQuery(query)) {
    // The JS SDK moves headers into the query in whatever case they have.
    const name = spelling.toLowerCase();
    if (!name.startsWith('x-amz-')) continue;
    if (fields.has(name)) return wrong(`The query parameter ${spelling} is given more than once.`);
    fields.set(name, value);
  }
  for (const name of ['algorithm', 'credential', 'signature', 'date', 'signedheaders', 'expires']) {
    if (!fields.has(`x-amz-${name}`)) {
      return wrong(
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      );
    }
  }
  const field = (name: string): string => fields.get(`x-amz-${name}`) ?? '';

  if (field('algorithm') !== ALGORITHM) {
    return wrong(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const credential = parseCredential(field('credential'));
  if (credential === undefined) {
    return wrong(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  const amzDate = field('date');
  const dateMs = amzDateMs(amzDate);
  if (dateMs === undefined) {
    return wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  if (amzDate.slice(0, 8) !== credential.day) {
    return wrong(
      `Invalid credential date "${credential.day}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`,
    );
  }
  const expiresSeconds = /^\d{1,6}$/.test(field('expires')) ? Number(field('expires')) : 0;
  if (expiresSeconds < 1 || expiresSeconds > EXPIRES_SECONDS_MAX) {
    return wrong(`X-Amz-Expires must be a number of seconds from 1 to ${EXPIRES_SECONDS_MAX}`);
  }
  return {
    ...credential,
    signedHeaders: field('signedheaders').split(';'),
    signature: field('signature'),
    amzDate,
    dateMs,
    // botocore leaves it out and means unsigned.
    payloadHash:
      fields.get('x-amz-content-sha256') ?? headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD,
    sessionToken: fields.get('x-amz-security-token') ?? headers['x-amz-security-token'],
    expiresSeconds,
  };
}

/** A key id may hold a slash, so the scope is taken from the end. */
function parseCredential(
  text: string,
): Pick<Claim, 'accessKeyId' | 'day' | 'region' | 'service'> | undefined {
  const parts = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(text);
  if (parts === null) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = ''] = parts;
  return { accessKeyId, day, region, service };
}

function refusalOfScope(claim: Claim, options: VerifyOptions): Refused | undefined {
  const wrong = (why: string): Refused =>
    claim.expiresSeconds === undefined
      ? refuse('AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}`)
      : refuse(
          'AuthorizationQueryParametersError',
          `Error parsing the X-Amz-Credential parameter; ${why}`,
        );
  const { service = 's3' } = options;
  if (claim.service !== service) {
    return wrong(`incorrect service "${claim.service}". This endpoint belongs to "${service}".`);
  }
  if (options.regions !== undefined && !options.regions.includes(claim.region)) {
    return wrong(
      `the region '${claim.region}' is wrong; expecting '${options.regions.join("', '")}'`,
    );
  }
  return undefined;
}

function refusalOfTime(claim: Claim, nowMs: number): Refused | undefined {
  if (claim.expiresSeconds === undefined) {
    return Math.abs(nowMs - claim.dateMs) <= SKEW_MS_MAX
      ? undefined
      : refuse(
          'RequestTimeTooSkewed',
          'The difference between the request time and the current time is too large.',
        );
  }
  if (claim.dateMs - nowMs > SKEW_MS_MAX) {
    return refuse('AccessDenied', 'Request is not valid yet');
  }
  return nowMs > claim.dateMs + claim.expiresSeconds * 1000
    ? refuse('AccessDenied', 'Request has expired')
    : undefined;
}

function refusalOfUnsigned(
  claim: Claim,
  headers: Readonly<Record<string, string>>,
): Refused | undefined {
  const signed = new Set(claim.signedHeaders);
  for (const name of signed) {
    // Own ones only: `constructor` is a member of every object.
    if (!Object.hasOwn(headers, name)) {
      return refuse('SignatureDoesNotMatch', `The signed header ${name} is not in the request.`);
    }
  }
  const unsigned = Object.keys(headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  );
  if (!signed.has('host') || unsigned.length > 0) {
    return refuse(
      'AccessDenied',
      `There were headers present in the request which were not signed: ${[...new Set(['host', ...unsigned])].filter((name) => !signed.has(name)).join(', ')}`,
    );
  }
  return undefined;
}

/**
 * Node hands header bytes over as Latin-1, while a client signs the UTF-8 of its text: where the
 * bytes are UTF-8 they are read as such.
 */
function receivedValue(value: string): string {
  const tidy = canonicalValue(value);
  if (!/[\x80-\xff]/.test(tidy) || /[^\0-\xff]/.test(tidy)) return tidy;
  const text = Buffer.from(tidy, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? tidy : text;
}
