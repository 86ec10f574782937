/**
 * AWS Lambda, or anything that speaks its Invoke API: a signed POST, synchronous.
 *
 * The AWS SDK's client costs some twenty times the CPU per call, and this is once per object; one
 * call with three headers does not need it (docs/decisions/007-functions.md).
 */
import type { Clock } from '../base/clock.ts';
import { failed } from '../model/outcome.ts';
import { createSigner, encodeComponent, encodePath, sha256Hex } from '../sigv4/index.ts';
import type { FunctionName } from './function-name.ts';
import type { Invoked, Invoker } from './functions.ts';
import { againOf, isPosted, type Posted, type Poster } from './poster.ts';

export interface InvokeApi {
  /** `https://lambda.eu-central-1.amazonaws.com`, or any URL. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Lambda ends a function after 15 minutes; a minute more for its answer to travel. */
const TIMEOUT_MS = 16 * 60 * 1000;

export function invokeApi(
  api: InvokeApi,
  { post, clock }: { readonly post: Poster; readonly clock: Clock },
): (name: FunctionName) => Invoker {
  const endpoint = new URL(api.endpoint);
  const base = endpoint.pathname.replace(/\/+$/, '');
  const signer = createSigner({ ...api.credentials, region: api.region, service: 'lambda' });
  return ({ resource, qualifier }) => {
    const path = `${base}/2015-03-31/functions/${encodeComponent(resource)}/invocations`;
    const query = qualifier === undefined ? '' : `Qualifier=${encodeComponent(qualifier)}`;
    // Every service but S3 signs the path encoded once more.
    const signed = { method: 'POST', path: encodePath(path), query };
    return {
      async invoke(payload) {
        const headers: Record<string, string> = {
          host: endpoint.host,
          'content-type': 'application/json',
          'x-amz-invocation-type': 'RequestResponse',
        };
        const payloadHash = sha256Hex(payload);
        Object.assign(headers, signer.sign({ ...signed, headers, payloadHash }, clock.now()));
        const target = query === '' ? path : `${path}?${query}`;
        const { origin } = endpoint;
        const timeoutMs = TIMEOUT_MS;
        const posted = await post({ origin, path: target, headers, body: payload, timeoutMs });
        return isPosted(posted) ? invokedBy(posted) : { kind: 'failed', outcome: posted };
      },
    };
  };
}

/** From Lambda's answer to what became of the call. */
function invokedBy({ status, header, body }: Posted): Invoked {
  if (status >= 200 && status <= 299) {
    return header('x-amz-function-error') === undefined
      ? { kind: 'answered', payload: body }
      : { kind: 'function-error', error: body.toString('utf8') };
  }
  const code = codeOf(header('x-amzn-errortype')) ?? `HTTP${status}`;
  const message = messageOf(body) ?? `Lambda answered HTTP ${status} without a message.`;
  return { kind: 'failed', outcome: failed(status, code, message, againOf(status, code)) };
}

/** `TooManyRequestsException:http://internal...` */
function codeOf(errorType: string | undefined): string | undefined {
  return /^[A-Za-z0-9_.]+/.exec(errorType ?? '')?.[0];
}

const MESSAGE_CHARS_MAX = 1000;

function messageOf(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const members = new Map<string, unknown>(Object.entries(parsed));
    const message = members.get('message') ?? members.get('Message');
    return typeof message === 'string' ? message.slice(0, MESSAGE_CHARS_MAX) : undefined;
  } catch {
    // A proxy's page, or nothing: the status says all there is.
    return undefined;
  }
}
