/** Which call a request is, and the refusal of all that this call does not understand. */
import type { Call } from './call.ts';
import { notImplemented, S3Error } from './errors.ts';
import { CALLS } from './registry.ts';
import type { S3Request } from './request.ts';

/** Parameters and headers about the request itself, which no call has to know. */
const QUERY_OF_ALL = ['x-id'];
const HEADERS_OF_ALL = [
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-user-agent',
  'x-amz-expected-bucket-owner',
  // Who pays is only a question in requester-pays buckets, which the sandbox does not have.
  'x-amz-request-payer',
  // A trait of the Java SDK; it says nothing to the server.
  'x-amz-te',
];
const SIGNING_QUERY =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|content-sha256|security-token|user-agent)$/i;

/** By method and level; calls that ask for more come first. */
const BY_PLACE = new Map<string, readonly Prepared[]>();

interface Prepared {
  readonly call: Call;
  readonly by: readonly string[];
  readonly query: ReadonlySet<string>;
  readonly headers: ReadonlySet<string>;
  /** Families of headers, without their `*`. */
  readonly families: readonly string[];
}

for (const call of CALLS) {
  const place = `${call.method} ${call.level}`;
  const headers = [...HEADERS_OF_ALL, ...(call.headers ?? [])];
  const prepared: Prepared = {
    call,
    by: call.by ?? [],
    query: new Set([...QUERY_OF_ALL, ...(call.by ?? []), ...(call.query ?? [])]),
    headers: new Set([...headers, ...(call.by ?? [])]),
    families: headers.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1)),
  };
  const others = BY_PLACE.get(place) ?? [];
  BY_PLACE.set(
    place,
    [...others, prepared].sort((a, b) => b.by.length - a.by.length),
  );
}

export function route(request: S3Request): Call {
  const calls = BY_PLACE.get(`${request.method} ${request.level}`);
  if (calls === undefined) {
    throw new S3Error('MethodNotAllowed', {
      elements: { Method: request.method, ResourceType: request.level.toUpperCase() },
    });
  }
  const isThere = (name: string): boolean =>
    name.startsWith('x-amz-') ? request.header(name) !== undefined : request.query.has(name);
  const found = calls.find(({ by }) => by.every(isThere));
  if (found === undefined) {
    const [name] = request.query.keys();
    throw notImplemented(`${request.method} of a ${request.level} by ?${name ?? ''}`);
  }
  refuseUnknown(request, found);
  return found.call;
}

function refuseUnknown(request: S3Request, { call, query, headers, families }: Prepared): void {
  // Where the SDK names its call, that must be this one: some calls differ in nothing else.
  const named = request.query.get('x-id');
  if (named !== undefined && named !== call.name) throw notImplemented(named);
  for (const name of request.query.keys()) {
    if (query.has(name) || SIGNING_QUERY.test(name)) continue;
    throw notImplemented(`The query parameter ${name} of ${call.name}`);
  }
  for (const name in request.headers) {
    if (!name.startsWith('x-amz-') && !name.startsWith('if-')) continue;
    if (headers.has(name) || families.some((family) => name.startsWith(family))) continue;
    throw notImplemented(`The header ${name} of ${call.name}`);
  }
}
