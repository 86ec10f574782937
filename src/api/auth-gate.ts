/**
 * Who asks, and whether it is they. Nothing of a call is looked at before.
 *
 * I1. A signature, a known key, the body that was signed, and the account of the key: all four.
 * I2. The account in the header counts. A host name that begins with another account is refused, so
 *     that a client configured for two accounts notices.
 */
import type { Principal } from '../auth/index.ts';
import { ApiError } from '../model/api-error.ts';
import { readSigV4, sha256Hex, UNSIGNED_PAYLOAD, type VerifyOptions } from '../sigv4/index.ts';
import type { ApiDeps } from './call.ts';

export interface RawRequest {
  readonly method: string;
  /** Raw path and query. */
  readonly target: string;
  /** Lowercase names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

type GateDeps = Pick<ApiDeps, 'keyring' | 'clock'>;

/** Who makes the call, for their own account. Rejects with ApiError. */
export async function authenticate(request: RawRequest, deps: GateDeps): Promise<Principal> {
  const principal = await signerOf(request, deps);
  checkAccount(request.headers, principal);
  return principal;
}

/** As `authenticate`, for whatever account. */
export async function signerOf(
  request: RawRequest,
  { keyring, clock }: GateDeps,
  options: VerifyOptions = {},
): Promise<Principal> {
  const claimed = readSigV4(request, options);
  if (!claimed.ok) throw new ApiError(claimed.code, claimed.message);
  const found = await keyring.find(claimed.accessKeyId, claimed.sessionToken);
  if (!found.ok && found.why === 'invalid-token') {
    throw new ApiError('InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  if (!found.ok && found.why === 'expired-token') {
    throw new ApiError('ExpiredToken', 'The provided token has expired.');
  }
  const secret = found.ok ? found.caller.secret.reveal() : undefined;
  const verdict = claimed.verify(secret, clock.now());
  if (!verdict.ok) throw new ApiError(verdict.code, verdict.message);
  checkPayload(verdict.payloadHash, request.body);
  if (!found.ok) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new ApiError('InvalidAccessKeyId', message);
  }
  const { principal } = found.caller;
  keyring.noteUse(principal);
  return principal;
}

function checkPayload(declared: string, body: Uint8Array): void {
  if (declared === UNSIGNED_PAYLOAD) return;
  if (declared.toLowerCase() === sha256Hex(body)) return;
  throw new ApiError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

function checkAccount(headers: Readonly<Record<string, string>>, principal: Principal): void {
  const account = headers['x-amz-account-id'];
  if (account === undefined) {
    const message = 'Missing required header for this request: x-amz-account-id';
    throw new ApiError('MissingSecurityHeader', message);
  }
  if (!/^\d{12}$/.test(account)) {
    throw new ApiError('BadRequestException', 'x-amz-account-id: must be twelve digits');
  }
  const label = /^(\d{12})\./.exec(headers['host'] ?? '')?.[1];
  if (label !== undefined && label !== account) {
    const message = `x-amz-account-id: is not the account ${label} of the host name`;
    throw new ApiError('BadRequestException', message);
  }
  if (account !== principal.account) throw new ApiError('AccessDenied', 'Access Denied');
}
