/**
 * AssumeRole of the Security Token Service: one signed POST with a form, one small XML answer.
 *
 * I1. An answer is a value, whatever it says; nothing rejects. It says whether asking again may help.
 * I2. What comes back is not trusted: bounded in time and size, no redirect followed, no document type,
 *     and nothing goes into a header that could end it.
 *
 * The AWS SDK's client would be a hundred modules for this (docs/decisions/015-roles.md).
 */
import type { Clock } from '../base/clock.ts';
import { Lazy } from '../base/lazy.ts';
import { againOf, elementText, type S3Credentials } from '../s3/index.ts';
import { createSigner, encodePath, encodeQuery, sha256Hex } from '../sigv4/index.ts';

export interface StsOptions {
  readonly endpoint: string;
  readonly region: string;
  /** Whose trust the roles name: the service's. */
  readonly credentials: S3Credentials;
  readonly durationSeconds: number;
  readonly externalId?: string | undefined;
  readonly clock: Clock;
}

export type Assumed =
  | { readonly ok: true; readonly credentials: S3Credentials & { readonly expiresAt: number } }
  | { readonly ok: false; readonly reason: string; readonly isFinal: boolean };

export interface Sts {
  assumeRole(roleArn: string, sessionName: string): Promise<Assumed>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;
/** Four texts, of which the longest is a token of a few KB. */
const ANSWER_BYTES_MAX = 64 * 1024;
const TOKEN_CHARS_MAX = 16 * 1024;
const REASON_CHARS_MAX = 160;
/** Clocks, not roles, are what is wrong then; and they are set right. */
const PASSING_CODES = ['RequestTimeTooSkewed', 'RequestExpired', 'ExpiredToken'];

export function createSts(options: StsOptions): Sts {
  const { clock, durationSeconds, externalId } = options;
  const endpoint = new URL(options.endpoint);
  const path = `${endpoint.pathname.replace(/\/+$/, '')}/`;
  const signer = createSigner({ ...options.credentials, region: options.region, service: 'sts' });
  // A hundred modules that a service without roles never needs.
  const agent = new Lazy(async () => new (await import('undici')).Agent({ connections: 4 }));

  const post = async (body: string): Promise<{ status: number; text: string }> => {
    const headers: Record<string, string> = {
      host: endpoint.host,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    };
    const toSign = { method: 'POST', path: encodePath(path), query: '', headers };
    const added = signer.sign({ ...toSign, payloadHash: sha256Hex(body) }, clock.now());
    const answer = await (
      await agent.get()
    ).request({
      method: 'POST',
      origin: endpoint.origin,
      path,
      headers: { ...headers, ...added },
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    return { status: answer.statusCode, text: await readBounded(answer.body) };
  };

  return {
    async assumeRole(roleArn, sessionName) {
      const body = encodeQuery({
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        DurationSeconds: String(durationSeconds),
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      });
      const askedAt = clock.now();
      try {
        const { status, text } = await post(body);
        return status === 200
          ? credentialsOf(text, { askedAt, durationSeconds })
          : refusalOf(status, text);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return unanswered(`STS did not answer: ${why}`);
      }
    },
    close: async () => (await agent.made)?.destroy(),
  };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function credentialsOf(
  xml: string,
  { askedAt, durationSeconds }: { readonly askedAt: number; readonly durationSeconds: number },
): Assumed {
  if (/<!DOCTYPE/i.test(xml)) return unanswered('STS answered with a document type');
  const accessKeyId = elementText(xml, 'AccessKeyId') ?? '';
  const secretAccessKey = elementText(xml, 'SecretAccessKey') ?? '';
  const sessionToken = elementText(xml, 'SessionToken') ?? '';
  const isSound = [accessKeyId, secretAccessKey, sessionToken].every(
    (text) => /^[\x21-\x7e]+$/.test(text) && text.length <= TOKEN_CHARS_MAX,
  );
  if (!isSound) return unanswered('STS answered without credentials that can be used');
  // A session is as long as we asked for, or shorter; where the other clock is wrong, ours counts.
  const longest = askedAt + durationSeconds * 1000;
  const said = Date.parse(elementText(xml, 'Expiration') ?? '');
  const expiresAt = said > askedAt && said < longest ? said : longest;
  return { ok: true, credentials: { accessKeyId, secretAccessKey, sessionToken, expiresAt } };
}

function refusalOf(status: number, xml: string): Assumed {
  const code = elementText(xml, 'Code') || `HTTP ${status}`;
  const message = tidy(elementText(xml, 'Message') ?? '');
  const reason = message === '' || message === code ? code : `${code}: ${message}`;
  const isPassing = againOf(status, code) !== 'never' || PASSING_CODES.includes(code);
  return { ok: false, reason: reason.slice(0, REASON_CHARS_MAX), isFinal: !isPassing };
}

function unanswered(reason: string): Assumed {
  return { ok: false, reason: tidy(reason).slice(0, REASON_CHARS_MAX), isFinal: false };
}

function tidy(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
}
