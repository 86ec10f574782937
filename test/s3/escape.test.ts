// Aim: whatever a manifest or a job names as bucket and key, the request goes to the endpoint, below its
// path, and nowhere else; and no answer leads the client to another place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Answering, badServer } from './bad-server.ts';
import { toOutcome } from '../../src/s3/index.ts';

const NASTY = [
  '..',
  '.',
  '../admin',
  '..%2f..%2fadmin',
  '%2e%2e',
  '@evil.example',
  'user:pw@evil.example',
  'evil.example:80',
  'http://evil.example/x',
  '//evil.example/x',
  '\\\\evil.example\\x',
  'a?acl',
  'a#b',
  'a b',
  'a\r\nHost: evil.example',
  'a\u0000b',
  '☃',
];

test('no bucket or key leads out of the path of the endpoint, or to another host', async (t) => {
  const server = await badServer((_, response) => response.end());
  t.after(() => server.close());
  const endpoint = `${server.endpoint}/base`;
  const s3 = server.client({ endpoint });
  const { host } = new URL(endpoint);
  const name = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'grapheme', minLength: 1 }));
  await fc.assert(
    fc.asyncProperty(name, fc.option(name, { nil: undefined }), async (bucket, key) => {
      server.received.length = 0;
      const request = { method: 'GET', bucket, ...(key === undefined ? {} : { key }) } as const;
      const outcome = toOutcome(await s3.send(request));
      if (bucket === '.' || bucket === '..') {
        assert.ok(!outcome.ok && outcome.code === 'InvalidBucketName' && outcome.again === 'never');
        assert.equal(server.received.length, 0);
        return;
      }
      const [one, ...more] = server.received;
      assert.ok(one);
      assert.deepEqual(more, []);
      assert.equal(one.headers['host'], host);
      const encoded = encodeURIComponent(bucket.toWellFormed()).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      );
      // A query begins where we begin one, and there is none here.
      assert.ok(!one.url.includes('?') && !one.url.includes('#'), one.url);
      const path = key === undefined ? `/base/${encoded}` : `/base/${encoded}/`;
      assert.ok(one.url.startsWith(path), `${one.url} is not below ${path}`);
    }),
    {
      numRuns: 300,
      examples: NASTY.flatMap((one) => [
        [one, 'k'],
        ['b', one],
        [one, undefined],
      ]),
    },
  );
});

for (const status of [301, 302, 307, 308]) {
  test(`a redirect with ${status} is an answer; nobody goes where it points`, async (t) => {
    const away = await badServer((_, response) => response.end('secret'));
    t.after(() => away.close());
    const redirect: Answering = (_, response) => {
      response.writeHead(status, { location: `${away.endpoint}/b/k`, 'x-amz-bucket-region': 'xx' });
      response.end(
        `<Error><Code>TemporaryRedirect</Code><Endpoint>${away.endpoint}</Endpoint></Error>`,
      );
    };
    const server = await badServer(redirect);
    t.after(() => server.close());
    const s3 = server.client();
    const request = { method: 'GET', bucket: 'b', key: 'k' } as const;
    assert.equal((await s3.send(request)).status, status);
    assert.equal((await s3.open(request)).status, status);
    assert.equal(away.received.length, 0);
  });
}
