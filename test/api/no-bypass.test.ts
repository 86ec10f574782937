// Aim: over the real HTTP door, no request that is unsigned, wrongly signed, expired, altered after it was
// signed, or sent from another page than the console's own changes anything: the whole database is
// compared, table by table. That each of the requests does change something when it is honest is asked too.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { API_ERRORS } from '../../src/model/api-error.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createSigner, sha256Hex, UNSIGNED_PAYLOAD } from '../../src/sigv4/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { openConsoleWorld } from './console-world.ts';
import { createJobXml } from './world.ts';

interface Call {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HOST = 's3.example:9700';
const folder = mkdtempSync(join(tmpdir(), 'brigade-no-bypass-'));
const path = join(folder, 'brigade.db');
const store = openSqliteStore({ path, random: seededRandom(1) });
const world = openConsoleWorld({ store });
let reader: DatabaseSync;
let port: number;
let cookie: string;
let jobId: string;

before(async () => {
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port.
  ({ port } = world.app.server.address() as AddressInfo);
  reader = new DatabaseSync(path, { readOnly: true });
  cookie = await world.signIn();
  const created = await send(
    signed({
      method: 'POST',
      target: '/v20180820/jobs',
      body: createJobXml(),
    }),
  );
  jobId = /<JobId>([^<]+)</.exec(created.text)?.[1] ?? '';
  assert.notEqual(jobId, '', created.text);
});
after(async () => {
  reader.close();
  await world.close();
  rmSync(folder, { recursive: true });
});

/** Every row of every table. */
function content(): string {
  const tables = reader.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
  );
  const rows = tables
    .all()
    .map(({ name }) => [name, reader.prepare(`SELECT * FROM "${String(name)}"`).all()]);
  return JSON.stringify(rows, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** As it is, with the account and the host that every honest call has. */
function send({ method, target, headers, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const length = bytes.length > 0 ? { 'content-length': bytes.length } : {};
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path: target,
      headers: { ...headers, ...length },
    };
    const request = httpRequest(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

interface Plain {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
}

function signed(
  { method, target, body = '' }: Plain,
  {
    id = 'AKID',
    secret = 'secret',
    atMs = 0,
    account = '123456789012',
    hash = sha256Hex(body),
  } = {},
): Call {
  const signer = createSigner({
    accessKeyId: id,
    secretAccessKey: secret,
    region: 'us-east-1',
    service: 's3',
  });
  const headers = { host: HOST, 'x-amz-account-id': account };
  const [path = '', query = ''] = target.split('?');
  const toSign = { method, path, query, headers, payloadHash: hash };
  const added = signer.sign(toSign, world.clock.now() + atMs);
  return { method, target, headers: { ...headers, ...added }, body };
}

const job = (): string => `/v20180820/jobs/${jobId}`;
const tagging = (value: string): string =>
  `<PutJobTaggingRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Tags><member><Key>k</Key><Value>${value}</Value></member></Tags></PutJobTaggingRequest>`;
let tokens = 0;

/** What would change something. Made anew each time: a job once, a priority by one. */
const CALLS: Readonly<Record<string, () => Plain>> = {
  CreateJob: () => ({
    method: 'POST',
    target: '/v20180820/jobs',
    body: createJobXml({
      ClientRequestToken: `<ClientRequestToken>t${++tokens}</ClientRequestToken>`,
    }),
  }),
  UpdateJobPriority: () => ({ method: 'POST', target: `${job()}/priority?priority=${++tokens}` }),
  PutJobTagging: () => ({
    method: 'PUT',
    target: `${job()}/tagging`,
    body: tagging(`v${++tokens}`),
  }),
  DeleteJobTagging: () => ({ method: 'DELETE', target: `${job()}/tagging` }),
  UpdateJobStatus: () => ({
    method: 'POST',
    target: `${job()}/status?requestedJobStatus=Cancelled`,
  }),
};

const flip = (text: string, at: number): string => {
  const i = at % text.length;
  const char = text[i] === 'a' ? 'b' : 'a';
  return text.slice(0, i) + char + text.slice(i + 1);
};
const withHeader = (call: Call, name: string, value: string): Call => ({
  ...call,
  headers: { ...call.headers, [name]: value },
});
const without = (call: Call, name: string): Call => {
  const { [name]: _gone, ...headers } = call.headers;
  return { ...call, headers };
};
/** Changes the signature itself, wherever `at` falls in it. */
const resigned = (call: Call, at: number): Call => {
  const authorization = call.headers['authorization'] ?? '';
  const mark = authorization.length - 64;
  return withHeader(
    call,
    'authorization',
    authorization.slice(0, mark) + flip(authorization.slice(mark), at),
  );
};

/** What is done to an honest call, by somebody who has not the secret. */
const ATTACKS: Readonly<Record<string, (plain: Plain, at: number) => Call>> = {
  'no signature': (plain) => without(signed(plain), 'authorization'),
  'nothing but the call': (plain) => ({ body: '', ...plain, headers: { host: HOST } }),
  'a wrong secret': (plain) => signed(plain, { secret: 'Secret' }),
  'an empty secret': (plain) => signed(plain, { secret: '' }),
  'an unknown key': (plain) => signed(plain, { id: 'NOBODY' }),
  'the key of another account': (plain) => signed(plain, { id: 'OTHER', secret: 'other secret' }),
  'the key of another account, for that account': (plain) =>
    signed(plain, { id: 'OTHER', secret: 'other secret', account: '999999999999' }),
  'twenty minutes old': (plain) => signed(plain, { atMs: -20 * 60_000 }),
  'of tomorrow': (plain) => signed(plain, { atMs: 86_400_000 }),
  'a new date on an old signature': (plain) =>
    withHeader(
      signed(plain, { atMs: -20 * 60_000 }),
      'x-amz-date',
      signed(plain).headers['x-amz-date'] ?? '',
    ),
  'another signature': (plain, at) => resigned(signed(plain), at),
  'half a signature': (plain) => {
    const call = signed(plain);
    return withHeader(call, 'authorization', (call.headers['authorization'] ?? '').slice(0, -32));
  },
  'another body': (plain) => ({ ...signed(plain), body: `${plain.body ?? ''} ` }),
  'another body with its hash': (plain) => {
    const body = `${plain.body ?? ''} `;
    return withHeader({ ...signed(plain), body }, 'x-amz-content-sha256', sha256Hex(body));
  },
  'an unsigned payload': (plain) =>
    withHeader(signed(plain), 'x-amz-content-sha256', UNSIGNED_PAYLOAD),
  'another query': (plain) => {
    const call = signed(plain);
    return { ...call, target: `${call.target}${call.target.includes('?') ? '&' : '?'}x=y` };
  },
  'another path': (plain) => ({
    ...signed({ ...plain, target: '/v20180820/jobs/another' }),
    ...plain,
    body: plain.body ?? '',
  }),
  'another method': (plain) => ({ ...signed({ ...plain, method: 'GET' }), method: plain.method }),
  'another account in the header': (plain) =>
    withHeader(signed(plain), 'x-amz-account-id', '999999999999'),
  'another host': (plain) => withHeader(signed(plain), 'host', 'other.example'),
  'one header more that matters': (plain) =>
    withHeader(signed(plain), 'x-amz-security-token', 'token'),
  'fewer signed headers': (plain) => {
    const call = signed(plain);
    const authorization = (call.headers['authorization'] ?? '').replace('x-amz-account-id;', '');
    return withHeader(call, 'authorization', authorization);
  },
  'no signed headers': (plain) => {
    const call = signed(plain);
    const authorization = (call.headers['authorization'] ?? '').replace(
      /SignedHeaders=[^,]*/,
      'SignedHeaders=',
    );
    return withHeader(call, 'authorization', authorization);
  },
  'two signatures': (plain) => {
    const call = signed(plain, { secret: 'wrong' });
    return {
      ...call,
      target: `${call.target}${call.target.includes('?') ? '&' : '?'}X-Amz-Signature=${'0'.repeat(64)}`,
    };
  },
  'in the absolute form of another place': (plain) => ({
    ...signed({ ...plain, target: '/v20180820/jobs/another' }),
    target: `http://${HOST}${plain.target}`,
  }),
};

test('every one of these calls changes something when it is honest', async () => {
  // The last one ends the job; the world of the property is made before.
  for (const [name, make] of Object.entries(CALLS).slice(0, -1)) {
    const before = content();
    const reply = await send(signed(make()));
    assert.ok(reply.status < 300, `${name}: ${reply.text}`);
    assert.notEqual(content(), before, name);
  }
  // What is to be removed must be there again.
  await send(signed(CALLS['PutJobTagging']?.() ?? assert.fail()));
});

test('nobody without the secret changes anything through the API', async () => {
  const before = content();
  const table: Readonly<Record<string, number>> = API_ERRORS;
  const call = fc.constantFrom(...Object.keys(CALLS));
  const attack = fc.constantFrom(...Object.keys(ATTACKS));
  await fc.assert(
    fc.asyncProperty(call, attack, fc.nat(), async (name, how, at) => {
      const made = ATTACKS[how]?.(CALLS[name]?.() ?? assert.fail(), at) ?? assert.fail();
      // Whoever signs for an account of their own makes a job of their own: that is no attack.
      fc.pre(!(name === 'CreateJob' && how.endsWith('for that account')));
      const reply = await send(made);
      const code = /<Code>([^<]*)</.exec(reply.text)?.[1] ?? '';
      assert.equal(table[code], reply.status, `${name}, ${how}: ${reply.status} ${reply.text}`);
      assert.notEqual(reply.status, 500);
      assert.ok(reply.status >= 400);
      assert.equal(content(), before, `${name}, ${how}`);
    }),
    { numRuns: 400 },
  );
  for (const how of Object.keys(ATTACKS)) {
    for (const make of Object.values(CALLS).slice(1))
      await send(ATTACKS[how]?.(make(), 0) ?? assert.fail());
  }
  assert.equal(content(), before);
});

/** Changes through the console. */
const VIEWS: Readonly<Record<string, () => Plain>> = {
  priority: () => ({
    method: 'POST',
    target: `/console/api/jobs/${jobId}/priority`,
    body: JSON.stringify({ priority: ++tokens }),
  }),
  tags: () => ({
    method: 'PUT',
    target: `/console/api/jobs/${jobId}/tags`,
    body: JSON.stringify({ Tags: [{ Key: 'k', Value: `c${++tokens}` }] }),
  }),
  cancel: () => ({
    method: 'POST',
    target: `/console/api/jobs/${jobId}/status`,
    body: JSON.stringify({ status: 'Cancelled' }),
  }),
};

function fromPage(plain: Plain, headers: Readonly<Record<string, string>> = {}): Call {
  const own = {
    host: HOST,
    'content-type': 'application/json',
    'x-brigade-console': 'user',
    cookie,
  };
  return { body: '', ...plain, headers: { ...own, ...headers } };
}

const sealed = (change: (parts: string[]) => void): string => {
  const [name = '', value = ''] = cookie.split('=');
  const parts = value.split('.');
  change(parts);
  return `${name}=${parts.join('.')}`;
};
const encoded = (id: string): string => Buffer.from(id).toString('base64url');

const FORGERIES: Readonly<Record<string, (plain: Plain, at: number) => Call>> = {
  'no cookie': (plain) => without(fromPage(plain), 'cookie'),
  'an empty cookie': (plain) => fromPage(plain, { cookie: 'brigade-session=' }),
  'a cookie of dots': (plain) => fromPage(plain, { cookie: 'brigade-session=....' }),
  'another signature': (plain, at) =>
    fromPage(plain, { cookie: sealed((parts) => parts.push(flip(parts.pop() ?? '', at))) }),
  'another key': (plain) =>
    fromPage(plain, { cookie: sealed((parts) => (parts[0] = encoded('OTHER'))) }),
  'a later beginning': (plain) =>
    fromPage(plain, { cookie: sealed((parts) => (parts[1] = String(Number(parts[1]) + 1))) }),
  'a longer life': (plain) =>
    fromPage(plain, { cookie: sealed((parts) => (parts[2] = String(Number(parts[2]) + 1e9))) }),
  'without the header of the page': (plain) => without(fromPage(plain), 'x-brigade-console'),
  'from another site': (plain) => fromPage(plain, { 'sec-fetch-site': 'cross-site' }),
  'from a site of the same domain': (plain) => fromPage(plain, { 'sec-fetch-site': 'same-site' }),
  'from another origin': (plain) => fromPage(plain, { origin: 'https://evil.example' }),
  'from nowhere': (plain) => fromPage(plain, { origin: 'null' }),
  'as a form': (plain) =>
    without(
      fromPage(plain, { 'content-type': 'application/x-www-form-urlencoded' }),
      'x-brigade-console',
    ),
  'as text': (plain) =>
    without(fromPage(plain, { 'content-type': 'text/plain' }), 'x-brigade-console'),
  'by overriding the method': (plain) => ({
    ...without(fromPage(plain, { 'x-http-method-override': plain.method }), 'cookie'),
    method: 'POST',
  }),
};

test('every one of these changes happens when it comes from the page', async () => {
  for (const [name, make] of Object.entries(VIEWS).slice(0, -1)) {
    const before = content();
    const reply = await send(fromPage(make()));
    assert.equal(reply.status, 200, `${name}: ${reply.text}`);
    assert.notEqual(content(), before, name);
  }
});

test('nobody without a session, and no other page, changes anything through the console', async () => {
  const before = content();
  const view = fc.constantFrom(...Object.keys(VIEWS));
  const forgery = fc.constantFrom(...Object.keys(FORGERIES));
  await fc.assert(
    fc.asyncProperty(view, forgery, fc.nat(), async (name, how, at) => {
      const made = FORGERIES[how]?.(VIEWS[name]?.() ?? assert.fail(), at) ?? assert.fail();
      const reply = await send(made);
      assert.ok(
        reply.status >= 400 && reply.status < 500,
        `${name}, ${how}: ${reply.status} ${reply.text}`,
      );
      assert.equal(content(), before, `${name}, ${how}`);
    }),
    { numRuns: 200 },
  );
});

test('whatever is done to a request on its way, the door answers from the table, and soon', async () => {
  const before = content();
  const table: Readonly<Record<string, number>> = API_ERRORS;
  const noise = fc
    .string({ unit: 'binary', maxLength: 200 })
    .map((s) => s.replace(/[^\x20-\x7e]/g, ''));
  const name = fc.constantFrom(
    'authorization',
    'x-amz-date',
    'x-amz-content-sha256',
    'x-amz-account-id',
    'host',
    'cookie',
    'accept',
    'content-type',
  );
  const heads = fc.dictionary(name, noise, { maxKeys: 4 });
  const call = fc.constantFrom(...Object.keys(CALLS));
  await fc.assert(
    fc.asyncProperty(
      call,
      heads,
      fc.option(noise, { nil: undefined }),
      async (which, given, text) => {
        // A request that stayed as it was is honest.
        const [changed] = Object.keys(given).filter(
          (one) => one !== 'accept' && one !== 'cookie' && one !== 'content-type',
        );
        fc.pre(changed !== undefined || text !== undefined);
        const honest = signed(CALLS[which]?.() ?? assert.fail());
        fc.pre(changed !== undefined || text !== honest.body);
        const made = {
          ...honest,
          headers: { ...honest.headers, ...given },
          body: text ?? honest.body,
        };
        const reply = await send(made);
        const code = /<Code>([^<]*)</.exec(reply.text)?.[1] ?? '';
        assert.equal(table[code], reply.status, `${reply.status} ${reply.text}`);
        assert.notEqual(reply.status, 500);
        assert.equal(content(), before);
      },
    ),
    { numRuns: 300 },
  );
  assert.deepEqual(world.logged, []);
});
