// Aim: what the signer signs the verifier accepts, whatever the request; and nothing else.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createSigner,
  encodePath,
  encodeQuery,
  EMPTY_SHA256,
  type ReceivedRequest,
  type SignerOptions,
  type SigV4Refusal,
  UNSIGNED_PAYLOAD,
  verifySigV4,
  type VerifyOptions,
} from '../../src/sigv4/index.ts';
import { Hmac } from '../../src/sigv4/key.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const KEY: SignerOptions = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  region: 'us-east-1',
  service: 's3',
};
const findSecret = (id: string): string | undefined =>
  id === 'AKIDEXAMPLE' ? 'secret' : undefined;

const word = fc.string({ unit: 'binary' });
const headerName = fc.stringMatching(/^x-amz-meta-[a-z0-9]{1,8}$/);
const headerValue = fc.stringMatching(/^[ -~\t]{0,20}$/);
const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  key: word,
  query: fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), word, { maxKeys: 4 }),
  headers: fc.dictionary(headerName, headerValue, { maxKeys: 4 }),
  payloadHash: fc.constantFrom(EMPTY_SHA256, UNSIGNED_PAYLOAD, 'ab'.repeat(32)),
  region: fc.constantFrom('us-east-1', 'snow', 'eu-west-3'),
  sessionToken: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
});
type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer T> ? T : never;

function signed(r: AnyRequest): ReceivedRequest {
  const signer = createSigner({
    ...KEY,
    region: r.region,
    ...(r.sessionToken === undefined ? {} : { sessionToken: r.sessionToken }),
  });
  const path = encodePath(`/bucket/${r.key}`);
  const query = encodeQuery(r.query);
  const headers = { host: 'h:1', ...r.headers };
  const { method, payloadHash } = r;
  const added = signer.sign({ method, path, query, headers, payloadHash }, NOW);
  return { method, target: query ? `${path}?${query}` : path, headers: { ...headers, ...added } };
}

function presigned(r: AnyRequest): ReceivedRequest {
  const headers = { host: 'h:1', ...r.headers };
  const target = createSigner({ ...KEY, region: r.region }).presign(
    { method: r.method, path: encodePath(`/bucket/${r.key}`), query: r.query, headers },
    NOW,
    60,
  );
  return { method: r.method, target, headers };
}

function codeOf(request: ReceivedRequest, at = NOW, options?: VerifyOptions): SigV4Refusal | 'ok' {
  const verdict = verifySigV4(request, findSecret, at, options);
  return verdict.ok ? 'ok' : verdict.code;
}

test('the verifier accepts what the signer signed and says what it read', () => {
  fc.assert(
    fc.property(anyRequest, (r) => {
      const verdict = verifySigV4(signed(r), findSecret, NOW);
      assert.ok(verdict.ok);
      assert.equal(verdict.region, r.region);
      assert.equal(verdict.payloadHash, r.payloadHash);
      assert.equal(verdict.sessionToken, r.sessionToken);
      assert.equal(verdict.accessKeyId, 'AKIDEXAMPLE');
    }),
  );
});

test('the verifier accepts what the signer presigned', () => {
  fc.assert(
    fc.property(anyRequest, (r) => {
      const verdict = verifySigV4(presigned(r), findSecret, NOW);
      assert.ok(verdict.ok);
      assert.equal(verdict.payloadHash, UNSIGNED_PAYLOAD);
    }),
  );
});

test('a request of which one part was changed is refused', () => {
  const changes: Record<string, (r: ReceivedRequest) => ReceivedRequest> = {
    method: (r) => ({ ...r, method: r.method === 'PUT' ? 'GET' : 'PUT' }),
    path: (r) => ({ ...r, target: `/x${r.target}` }),
    parameter: (r) => ({ ...r, target: `${r.target}${r.target.includes('?') ? '&' : '?'}zz=1` }),
    host: (r) => ({ ...r, headers: { ...r.headers, host: 'other' } }),
    'new x-amz header': (r) => ({ ...r, headers: { ...r.headers, 'x-amz-acl': 'public-read' } }),
    'value of a header': (r) => ({
      ...r,
      headers: Object.fromEntries(
        Object.entries(r.headers).map(([k, v]) => [k, k.startsWith('x-amz-meta-') ? `${v}x` : v]),
      ),
    }),
    'payload hash': (r) => ({
      ...r,
      headers: { ...r.headers, 'x-amz-content-sha256': 'cd'.repeat(32) },
    }),
  };
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...Object.keys(changes)), (r, name) => {
      const original = signed(r);
      const changed = changes[name]?.(original) ?? original;
      if (JSON.stringify(changed) === JSON.stringify(original)) return;
      assert.notEqual(codeOf(changed), 'ok', name);
      const link = presigned(r);
      const changedLink = changes[name]?.(link) ?? link;
      if (JSON.stringify(changedLink) !== JSON.stringify(link)) {
        assert.notEqual(codeOf(changedLink), 'ok', `presigned ${name}`);
      }
    }),
  );
});

test('one changed character of the authorization is refused', () => {
  fc.assert(
    fc.property(anyRequest, fc.nat(), fc.constantFrom('0', 'z', 'Z'), (r, at, char) => {
      const request = signed(r);
      const value = request.headers['authorization'] ?? '';
      const i = at % value.length;
      const changed = value.slice(0, i) + char + value.slice(i + 1);
      if (changed === value) return;
      const headers = { ...request.headers, authorization: changed };
      assert.notEqual(codeOf({ ...request, headers }), 'ok');
    }),
  );
});

test('arbitrary requests are refused without an exception', () => {
  const piece = fc.constantFrom(
    'AWS4-HMAC-SHA256 ',
    'Credential=AKIDEXAMPLE/20260102/us-east-1/s3/aws4_request, ',
    'SignedHeaders=host;x-amz-date, ',
    'Signature=00',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&',
    'X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fs3%2Faws4_request&',
    'X-Amz-Date=20260102T030405Z&',
    'X-Amz-Expires=60&',
    'X-Amz-SignedHeaders=host&',
    'X-Amz-Signature=%FF%zz',
  );
  const soup = fc.array(fc.oneof(piece, word)).map((parts) => parts.join(''));
  fc.assert(
    fc.property(word, soup, soup, soup, (method, query, authorization, date) => {
      const headers = { host: 'h', authorization, 'x-amz-date': date };
      assert.notEqual(codeOf({ method, target: `/?${query}`, headers }), 'ok');
      assert.notEqual(codeOf({ method, target: `/?${query}`, headers: { host: 'h' } }), 'ok');
    }),
  );
});

const BASE: AnyRequest = {
  method: 'GET',
  key: 'k',
  query: {},
  headers: {},
  payloadHash: EMPTY_SHA256,
  region: 'us-east-1',
  sessionToken: undefined,
};

function without(request: ReceivedRequest, name: string): ReceivedRequest {
  return {
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([k]) => k !== name)),
  };
}

test('each refusal of the header form has the code that S3 gives', () => {
  const request = signed(BASE);
  const withAuth = (change: (value: string) => string): ReceivedRequest => ({
    ...request,
    headers: { ...request.headers, authorization: change(request.headers['authorization'] ?? '') },
  });
  assert.equal(codeOf(without(request, 'authorization')), 'AccessDenied');
  assert.equal(codeOf(without(request, 'x-amz-date')), 'AccessDenied');
  assert.equal(codeOf(without(request, 'x-amz-content-sha256')), 'MissingSecurityHeader');
  assert.equal(codeOf(without(request, 'host')), 'SignatureDoesNotMatch');
  assert.equal(codeOf(withAuth((v) => v.replace('AKIDEXAMPLE', 'NOBODY'))), 'InvalidAccessKeyId');
  const malformed: [string | RegExp, string][] = [
    ['AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'],
    [/Credential=[^,]+,/, ''],
    [/SignedHeaders=[^,]+,/, ''],
    [/, Signature=.*/, ''],
    ['/aws4_request', '/aws3_request'],
    ['/s3/', '/s4/'],
    ['/20260102/', '/20260103/'],
    ['/20260102/', '/today/'],
  ];
  for (const [from, to] of malformed) {
    const code = codeOf(withAuth((v) => v.replace(from, to)));
    assert.equal(code, 'AuthorizationHeaderMalformed', String(from));
  }
  assert.equal(codeOf(withAuth((v) => v.replace('host;', ''))), 'AccessDenied');
  for (const name of ['nope', 'constructor', '__proto__', 'HOST', '']) {
    const code = codeOf(withAuth((v) => v.replace('host;', `host;${name};`)));
    assert.equal(code, 'SignatureDoesNotMatch', name);
  }
  assert.equal(codeOf(request, NOW, { regions: ['eu-west-3'] }), 'AuthorizationHeaderMalformed');
  assert.equal(codeOf(request, NOW, { regions: ['eu-west-3', 'us-east-1'] }), 'ok');
});

test('clocks may be fifteen minutes apart, and not a second more', () => {
  const request = signed(BASE);
  const quarter = 15 * 60 * 1000;
  for (const at of [NOW - quarter, NOW + quarter]) assert.equal(codeOf(request, at), 'ok');
  for (const at of [NOW - quarter - 1000, NOW + quarter + 1000]) {
    assert.equal(codeOf(request, at), 'RequestTimeTooSkewed');
  }
});

test('each refusal of the presigned form has the code that S3 gives', () => {
  const link = presigned(BASE);
  const change = (from: string | RegExp, to: string): ReceivedRequest => ({
    ...link,
    target: link.target.replace(from, to),
  });
  assert.equal(codeOf(link, NOW + 60_000), 'ok');
  assert.equal(codeOf(link, NOW + 61_000), 'AccessDenied');
  assert.equal(codeOf(link, NOW - 16 * 60_000), 'AccessDenied');
  for (const wrong of ['0', '-1', '604801', 'x', '', '1e3']) {
    const code = codeOf(change('Expires=60', `Expires=${wrong}`));
    assert.equal(code, 'AuthorizationQueryParametersError', wrong);
  }
  const parameters = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'];
  for (const name of parameters) {
    const code = codeOf(change(new RegExp(`X-Amz-${name}=[^&]*`), ''));
    assert.equal(code, 'AuthorizationQueryParametersError', name);
  }
  const twice = { ...link, target: `${link.target}&X-Amz-Expires=604800` };
  assert.equal(codeOf(twice), 'AuthorizationQueryParametersError');
  assert.equal(codeOf(change('Expires=60', 'Expires=61')), 'SignatureDoesNotMatch');
  assert.equal(codeOf(change('AKIDEXAMPLE', 'NOBODY')), 'InvalidAccessKeyId');
  assert.equal(codeOf(change('SignedHeaders=host', 'SignedHeaders=')), 'SignatureDoesNotMatch');
  assert.equal(codeOf(change('%2Fs3%2F', '%2Fsqs%2F')), 'AuthorizationQueryParametersError');
  const both = { ...link, headers: { ...link.headers, authorization: 'AWS4-HMAC-SHA256 x' } };
  assert.equal(codeOf(both), 'AuthorizationQueryParametersError');
});

test('a presigned link lives for one second to one week', () => {
  const signer = createSigner(KEY);
  for (const [seconds, expected] of [
    [1, 'ok'],
    [604_800, 'ok'],
    [604_801, 'AuthorizationQueryParametersError'],
  ] as const) {
    const headers = { host: 'h' };
    const target = signer.presign({ method: 'GET', path: '/b', headers }, NOW, seconds);
    assert.equal(codeOf({ method: 'GET', target, headers }), expected);
  }
});

test('a changed secret is not served from the memo of keys', () => {
  const request = signed(BASE);
  assert.equal(codeOf(request), 'ok');
  const other = verifySigV4(request, () => 'rotated', NOW);
  assert.ok(!other.ok && other.code === 'SignatureDoesNotMatch');
  assert.equal(codeOf(request), 'ok');
});

test('a signer follows the seconds and the days', () => {
  const signer = createSigner(KEY);
  const headers = { host: 'h' };
  for (const at of [NOW, NOW + 999, NOW + 1000, NOW + 86_400_000, NOW]) {
    const parts = { method: 'GET', path: '/b', query: '', headers, payloadHash: EMPTY_SHA256 };
    const added = signer.sign(parts, at);
    const verdict = verifySigV4(
      { method: 'GET', target: '/b', headers: { ...headers, ...added } },
      findSecret,
      at,
    );
    assert.ok(verdict.ok);
    const expected = new Date(Math.floor(at / 1000) * 1000).toISOString();
    assert.equal(verdict.amzDate, expected.replace(/[-:]|\.000/g, ''));
  }
});

test('the fast HMAC is HMAC-SHA256 for keys and texts of every length', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.stringMatching(/^[ -~]{0,700}$/),
      (bytes, text) => {
        const key = Buffer.from(bytes);
        const expected = createHmac('sha256', key).update(text).digest('hex');
        assert.equal(new Hmac(key).hex(text), expected);
      },
    ),
  );
});
