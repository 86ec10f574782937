// Aim: our signatures are those of the AWS SDK for JavaScript and of botocore, byte for byte.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SignatureV4 } from '@smithy/signature-v4';
import {
  type ChunkChain,
  chunkSignature,
  createSigner,
  decodeQuery,
  EMPTY_SHA256,
  encodePath,
  encodeQuery,
  sha256Hex,
  trailerSignature,
  verifyChunkSignature,
  verifySigV4,
  verifyTrailerSignature,
} from '../../src/sigv4/index.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const SECRET = 'secret/with+signs';
const signerOf = (region: string): ReturnType<typeof createSigner> =>
  createSigner({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, region, service: 's3' });

/** The hash that the SDK wants handed in, from node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof chunk === 'string' ? chunk : bytesOf(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('The signer does not reset its hashes.');
  }
}

function bytesOf(chunk: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}

const sdk = new SignatureV4({
  service: 's3',
  region: 'eu-west-3',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET },
  sha256: Sha256,
  uriEscapePath: false,
  applyChecksum: false,
});

const word = fc.string({ unit: 'grapheme' });
const requests = fc.record({
  method: fc.constantFrom('GET', 'PUT'),
  key: word,
  query: fc.dictionary(fc.stringMatching(/^[a-zA-Z -~é-]{1,8}$/), word, { maxKeys: 4 }),
  meta: fc.dictionary(
    fc.stringMatching(/^x-amz-meta-[a-z]{1,6}$/),
    fc.stringMatching(/^[ -~]{0,12}$/),
  ),
});

test('the signer writes the authorization that the AWS SDK writes', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, key, query, meta }) => {
      const path = encodePath(`/bucket/${key}`);
      const headers = { host: 'h.example:9000', ...meta };
      const theirs = await sdk.sign(
        {
          method,
          protocol: 'http:',
          hostname: 'h.example',
          path,
          query,
          headers: { ...headers, 'x-amz-content-sha256': EMPTY_SHA256 },
        },
        { signingDate: new Date(NOW) },
      );
      const ours = signerOf('eu-west-3').sign(
        { method, path, query: encodeQuery(query), headers, payloadHash: EMPTY_SHA256 },
        NOW,
      );
      assert.equal(ours['authorization'], theirs.headers['authorization']);
    }),
    { numRuns: 300 },
  );
});

test('the AWS SDK presigns what presign presigns, and the verifier accepts its links', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, key, query }) => {
      const path = encodePath(`/bucket/${key}`);
      const headers = { host: 'h.example:9000' };
      const theirs = await sdk.presign(
        {
          method,
          protocol: 'http:',
          hostname: 'h.example',
          path,
          query,
          headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        },
        { signingDate: new Date(NOW), expiresIn: 60 },
      );
      const target = `${path}?${encodeQuery(theirs.query as Record<string, string>)}`;
      const verdict = verifySigV4({ method, target, headers }, () => SECRET, NOW);
      assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
      const ours = signerOf('eu-west-3').presign(
        // The SDK moves the declared payload into the query, its name as it stands.
        { method, path, headers, query: { ...query, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
        NOW,
        60,
      );
      const signature = new Map(decodeQuery(ours.split('?')[1] ?? '')).get('X-Amz-Signature');
      assert.equal(signature, theirs.query?.['X-Amz-Signature']);
    }),
    { numRuns: 300 },
  );
});

interface Golden {
  readonly nowMs: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly requests: readonly {
    readonly kind: string;
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
}
// Written by record-botocore.py, which has exactly these fields.
const golden = JSON.parse(
  readFileSync(new URL('botocore.golden.json', import.meta.url), 'utf8'),
) as Golden;

test('requests that botocore signed and presigned are accepted', () => {
  assert.ok(golden.requests.length > 20);
  for (const request of golden.requests) {
    const verdict = verifySigV4(request, () => golden.secretAccessKey, golden.nowMs);
    assert.ok(verdict.ok, `${request.kind} ${request.target}`);
    assert.equal(verdict.region, 'eu-west-3');
  }
});

test('requests that botocore signed are refused under another secret', () => {
  for (const request of golden.requests) {
    const verdict = verifySigV4(request, () => 'other', golden.nowMs);
    assert.ok(!verdict.ok && verdict.code === 'SignatureDoesNotMatch');
  }
});

test('a chunked upload has the signatures of the example in the S3 API reference', () => {
  // "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
  const key = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    (k, text) => createHmac('sha256', k).update(text).digest(),
    Buffer.from('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  );
  const chain: ChunkChain = {
    signingKey: key,
    amzDate: '20130524T000000Z',
    scope: '20130524/us-east-1/s3/aws4_request',
  };
  const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
  const chunks: [Buffer, string][] = [
    [Buffer.alloc(65536, 'a'), 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
    [Buffer.alloc(1024, 'a'), '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
    [Buffer.alloc(0), 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'],
  ];
  let previous = seed;
  for (const [bytes, signature] of chunks) {
    const sha256 = sha256Hex(bytes);
    assert.equal(chunkSignature(chain, previous, sha256), signature);
    assert.ok(verifyChunkSignature(chain, { previous, sha256, signature }));
    assert.ok(
      !verifyChunkSignature(chain, { previous: seed.replace('4', '5'), sha256, signature }),
    );
    previous = signature;
  }
  const sha256 = sha256Hex('x-amz-checksum-crc32c:sOO8/Q==\n');
  const signature = trailerSignature(chain, previous, sha256);
  assert.ok(verifyTrailerSignature(chain, { previous, sha256, signature }));
  assert.ok(!verifyTrailerSignature(chain, { previous: seed, sha256, signature }));
});
