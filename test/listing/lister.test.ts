/**
 * The parallel lister over buckets that exist only as lists. Aim: every key exactly once, whatever
 * the keys, the pages and the moments of death; and many times fewer round trips than one by one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Ask,
  listInParallel,
  ListingFailed,
  type ListPosition,
  type ListerOptions,
} from '../../src/listing/index.ts';
import { compareKeys } from '../../src/listing/key-order.ts';
import { failed } from '../../src/model/outcome.ts';
import { escapeXml, type S3Answer } from '../../src/s3/index.ts';
import { compareBytes, KeySpace, refusing, Rounds } from './key-space.ts';

const NEVER = new AbortController().signal;
const OBJECTS = { bucket: 'b', versions: false, headers: {} };
const VERSIONS = { ...OBJECTS, versions: true };

/** Keys of all kinds: each is one long string of pieces that share a lot. */
const piece = fc.oneof(
  fc.constantFrom('a', 'b', '0', '9', '/', ' ', '+', '%2F', '&', '<', '\u007f', '\t'),
  fc.constantFrom('\uffff', '\ue000', '\ud7ff', '\u{10000}', '\u{10ffff}', 'é', '一', '🪣'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  fc.integer({ min: 0, max: 300 }).map(String),
);
const anyKey = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((pieces) => pieces.join(''))
  .filter((key) => key.isWellFormed() && Buffer.byteLength(key) <= 1024);
const anyKeys = fc.oneof(
  fc.array(anyKey, { maxLength: 400 }),
  // A prefix of hundreds of bytes in front of all, an outlier on either side.
  fc
    .tuple(fc.array(anyKey, { maxLength: 200 }), fc.integer({ min: 1, max: 900 }))
    .map(([keys, length]) => [
      ...keys.map((key) => 'q/'.repeat(length).slice(0, 900) + key.slice(0, 30)),
      '!',
      '\u{10ffff}',
    ]),
);

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Answers after a number of turns of the event loop that nobody can foretell. */
function jittery(space: KeySpace, turns: () => number): Ask {
  return async (request, read, signal) => {
    for (let left = turns(); left > 0; left--) await new Promise((done) => setImmediate(done));
    signal.throwIfAborted();
    return read(space.answer(request));
  };
}

/** The rows of one life, JSON strings; `dies` is asked after each batch that was saved. */
async function life(
  options: Omit<ListerOptions, 'rowsOf' | 'lanes'> & { readonly lanes?: number },
  saved: string[],
  dies: () => boolean = () => false,
): Promise<ListPosition | undefined> {
  const listing = listInParallel(
    {
      lanes: 8,
      ...options,
      rowsOf: async (objects) => {
        // Ranges are divided meanwhile, which must not touch what has been read.
        for (let turns = objects.length % 4; turns > 0; turns--) await turn();
        return objects
          .map(({ key, versionId, isLatest }) =>
            options.plan.versions
              ? `${JSON.stringify([key, versionId, isLatest])}\n`
              : `${JSON.stringify(key)}\n`,
          )
          .join('');
      },
    },
    NEVER,
  );
  for await (const { rows, position } of listing) {
    saved.push(...rows.split('\n').slice(0, -1));
    if (dies()) return JSON.parse(JSON.stringify(position)) as ListPosition;
  }
  return undefined;
}

function assertEachOnce(found: readonly string[], expected: readonly string[]): void {
  assert.deepEqual([...found].sort(), [...expected].sort());
}

/** A stream of small numbers that fast-check can shrink. */
function numbers(seeds: readonly number[]): () => number {
  let at = 0;
  return () => seeds[at++ % seeds.length] ?? 0;
}
const chances = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 40 });

test('any keys are listed exactly once, over any number of deaths, pages and delays', async () => {
  await fc.assert(
    fc.asyncProperty(anyKeys, chances, chances, chances, async (keys, pages, delays, deaths) => {
      const pageKeys = numbers(pages);
      const space = new KeySpace(keys, { pageKeys: () => 1 + pageKeys() * 3 });
      const options = { plan: OBJECTS, prefixes: [''], ask: jittery(space, numbers(delays)) };
      const death = numbers(deaths);
      const found: string[] = [];
      let from = await life(options, found, () => death() > 6);
      for (let lives = 1; from; lives++) {
        from = await life({ ...options, from }, found, () => lives < 50 && death() > 6);
      }
      assertEachOnce(
        found,
        space.keys.map((key) => JSON.stringify(key)),
      );
    }),
    { numRuns: 300 },
  );
});

test('several prefixes are listed together, and nothing beside them', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyKeys,
      fc.array(anyKey, { minLength: 1, maxLength: 4 }),
      chances,
      chances,
      async (keys, heads, delays, deaths) => {
        const prefixes = heads.filter(
          (one, i) =>
            !heads.some((other, j) => one.startsWith(other) && i !== j && (one !== other || j < i)),
        );
        const all = [
          ...keys,
          ...heads.flatMap((head) => keys.slice(0, 40).map((key) => head + key)),
        ];
        const space = new KeySpace(all, { pageKeys: () => 7 });
        const options = { plan: OBJECTS, prefixes, ask: jittery(space, numbers(delays)) };
        const death = numbers(deaths);
        const found: string[] = [];
        let from = await life(options, found, () => death() > 7);
        for (let lives = 1; from; lives++) {
          from = await life({ ...options, from }, found, () => lives < 50 && death() > 7);
        }
        const expected = space.keys.filter((key) => prefixes.some((head) => key.startsWith(head)));
        assertEachOnce(
          found,
          expected.map((key) => JSON.stringify(key)),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('all versions are listed exactly once, also of keys that have more than a page of them', async () => {
  const versionsOf = (key: string) =>
    Array.from({ length: (key.length * 7) % 23 }, (_, i) => ({
      id: i % 5 === 4 ? 'null' + i : `v${i}`,
      isMarker: (key.length + i) % 3 === 0,
    }));
  await fc.assert(
    fc.asyncProperty(anyKeys, chances, chances, chances, async (keys, pages, delays, deaths) => {
      const pageKeys = numbers(pages);
      const space = new KeySpace(keys, { pageKeys: () => 1 + pageKeys() * 3, versionsOf });
      const options = { plan: VERSIONS, prefixes: [''], ask: jittery(space, numbers(delays)) };
      const death = numbers(deaths);
      const found: string[] = [];
      let from = await life(options, found, () => death() > 7);
      for (let lives = 1; from; lives++) {
        from = await life({ ...options, from }, found, () => lives < 50 && death() > 7);
      }
      const expected = space.keys.flatMap((key) =>
        versionsOf(key).flatMap(({ id, isMarker }, i) =>
          isMarker ? [] : [JSON.stringify([key, id, i === 0])],
        ),
      );
      assertEachOnce(found, expected);
    }),
    { numRuns: 150 },
  );
});

test('a store that names folders which are not there, or none, is listed exactly once all the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyKeys, anyKeys, chances, chances, async (keys, lies, delays, moods) => {
      const mood = numbers(moods);
      const space = new KeySpace(keys, { pageKeys: () => 5 });
      const honest = jittery(space, numbers(delays));
      const ask: Ask = (request, read, signal) => {
        if (!('delimiter' in (request.query ?? {}))) return honest(request, read, signal);
        if (mood() > 7) return Promise.resolve(failed(501, 'NotImplemented', 'no delimiters'));
        const named = lies
          .slice(0, 1 + mood() * 30)
          .map((key) => escapeXml(encodeURIComponent(key)));
        const prefixes = named.map(
          (key) => `<CommonPrefixes><Prefix>${key}</Prefix></CommonPrefixes>`,
        );
        const more =
          mood() > 4
            ? '<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>'
            : '<IsTruncated>false</IsTruncated>';
        const xml = `<ListBucketResult><EncodingType>url</EncodingType>${more}${prefixes.join('')}</ListBucketResult>`;
        return Promise.resolve(read(answer(xml)));
      };
      const found: string[] = [];
      await life({ plan: OBJECTS, prefixes: [''], ask }, found);
      assertEachOnce(
        found,
        space.keys.map((key) => JSON.stringify(key)),
      );
    }),
    { numRuns: 100 },
  );
});

const padded = (n: number, width: number): string => String(n).padStart(width, '0');
const scrambled = (n: number): string => (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16);
/** 0 to count - 1, low numbers much more often. */
const few = (n: number, count: number): number =>
  Math.floor(count ** (Number.parseInt(scrambled(n), 16) / 2 ** 32)) - 1;
const FAR = 'archive/of/everything/'.repeat(14).slice(0, 300);
const COUNT = 300_000;
const SHAPES: readonly (readonly [name: string, key: (n: number) => string])[] = [
  ['numbers in a row', (n) => `obj-${padded(n, 9)}`],
  ['numbers without zeros', (n) => `k${n}`],
  ['random names', (n) => scrambled(n)],
  [
    'dates, then random names',
    (n) => `logs/${2019 + (n % 7)}/${padded(n % 12, 2)}/${scrambled(n)}`,
  ],
  ['300 bytes that all share', (n) => FAR + padded(n, 8)],
  ['the same, and one far off', (n) => (n === 0 ? 'zzz' : FAR + padded(n, 8))],
  ['nearly all below one folder', (n) => (n % 100 ? `data/part-${padded(n, 7)}` : scrambled(n))],
  ['ever smaller folders', (n) => `user-${Math.floor(9000 / (1 + (n % 300)))}/${scrambled(n)}`],
  [
    'uneven clusters, put together by dashes',
    (n) => `user-${Math.floor(9000 / (1 + (n % 300)))}-photos-${scrambled(n)}`,
  ],
  [
    'folders in folders, and few of them large',
    (n) => `${n % 2}/${few(n, 50)}/${few(n + 9, 50)}/${scrambled(n)}`,
  ],
  ['in a folder each', (n) => `a/${scrambled(n)}/data.bin`],
  [
    'in hours of days of months of years',
    (n) => `y=${2017 + (n % 9)}/m=${padded(n % 12, 2)}/d=${few(n, 28)}/h=${n % 24}/${n}.parquet`,
  ],
  [
    'scripts of the world',
    (n) => `${['a', 'я', '一', '\ue000', '🪣'][n % 5] ?? ''}${scrambled(n)}`,
  ],
];

for (const [name, key] of SHAPES) {
  test(`a bucket takes a tenth of the round trips, or less, when its keys are ${name}`, async () => {
    const space = new KeySpace(Array.from({ length: COUNT }, (_, n) => key(n)));
    const rounds = new Rounds(space);
    let listed = 0;
    const listing = listInParallel(
      {
        plan: OBJECTS,
        prefixes: [''],
        ask: rounds.ask,
        lanes: 32,
        rowsOf: (objects) => {
          listed += objects.length;
          return Promise.resolve('');
        },
      },
      NEVER,
    );
    for await (const { position } of listing) assert.ok(position.ranges.length <= 32);
    assert.equal(listed, space.keys.length);
    const pages = Math.ceil(space.keys.length / 1000);
    assert.ok(rounds.count <= pages / 10, `${rounds.count} rounds for ${pages} pages`);
    assert.ok(space.requests <= pages * 2, `${space.requests} requests for ${pages} pages`);
  });
}

test('a refusal ends the listing with the answer of the store', async () => {
  const found: string[] = [];
  await assert.rejects(
    life({ plan: OBJECTS, prefixes: [''], ask: refusing }, found),
    (error: unknown) => error instanceof ListingFailed && error.failure.code === 'AccessDenied',
  );
});

test('a page that fails in the middle ends all lanes, and the position of before goes on', async () => {
  const space = new KeySpace(
    Array.from({ length: 3000 }, (_, n) => padded(n, 5)),
    {
      pageKeys: () => 10,
    },
  );
  let left = 40;
  const ask: Ask = async (request, read, signal) => {
    await new Promise((done) => setImmediate(done));
    signal.throwIfAborted();
    if (left-- <= 0) return failed(500, 'InternalError', 'no');
    return read(space.answer(request));
  };
  const found: string[] = [];
  let from: ListPosition | undefined;
  await assert.rejects(async () => {
    const rowsOf = (objects: readonly { readonly key: string }[]) =>
      Promise.resolve(objects.map(({ key }) => `${JSON.stringify(key)}\n`).join(''));
    const options = { plan: OBJECTS, prefixes: [''], ask, lanes: 4, rowsOf };
    for await (const { rows, position } of listInParallel(options, NEVER)) {
      found.push(...rows.split('\n').slice(0, -1));
      from = position;
    }
  }, ListingFailed);
  assert.ok(from && found.length > 0 && found.length < 3000);
  left = Infinity;
  await life({ plan: OBJECTS, prefixes: [''], ask, from }, found);
  assertEachOnce(
    found,
    space.keys.map((key) => JSON.stringify(key)),
  );
});

test('an abort ends the listing with its reason', async () => {
  const space = new KeySpace(['a']);
  const abort = new AbortController();
  const ask: Ask = (_request, _read, signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('left')), { once: true });
      abort.abort(new Error('left'));
    });
  const options = { plan: OBJECTS, prefixes: [''], ask, lanes: 4 };
  const listing = listInParallel({ ...options, rowsOf: () => Promise.resolve('') }, abort.signal);
  await assert.rejects(listing.next(), /left/);
  assert.equal(space.requests, 0);
});

const answer = (xml: string): S3Answer => ({ status: 200, headers: {}, body: Buffer.from(xml) });
const contents = (...keys: string[]): string =>
  keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');

test('keys that do not come in the order of their bytes are a failure, never a gap', async () => {
  const ask: Ask = (_request, read) =>
    Promise.resolve(
      read(
        answer(
          `<ListBucketResult><IsTruncated>true</IsTruncated>${contents('b', 'a')}</ListBucketResult>`,
        ),
      ),
    );
  await assert.rejects(
    life({ plan: OBJECTS, prefixes: [''], ask }, []),
    /does not list keys in the order of their bytes: "a" follows on "b"/,
  );
});

test('a store that sends the same page for ever is a failure', async () => {
  const ask: Ask = (_request, read) =>
    Promise.resolve(
      read(
        answer(
          `<ListBucketResult><IsTruncated>true</IsTruncated>${contents('a', 'b')}</ListBucketResult>`,
        ),
      ),
    );
  await assert.rejects(life({ plan: OBJECTS, prefixes: [''], ask }, []), ListingFailed);
});

test('a page without keys is gone on behind with the token of the store', async () => {
  const asked: (string | undefined)[] = [];
  const ask: Ask = ({ query = {} }, read) => {
    if (!('delimiter' in query)) asked.push(query['continuation-token']);
    const isSecond = query['continuation-token'] === 't&1';
    return Promise.resolve(
      read(
        answer(
          isSecond
            ? `<ListBucketResult><IsTruncated>false</IsTruncated>${contents('k')}</ListBucketResult>`
            : '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken></ListBucketResult>',
        ),
      ),
    );
  };
  const found: string[] = [];
  await life({ plan: OBJECTS, prefixes: [''], ask }, found);
  assert.deepEqual(found, ['"k"']);
  assert.deepEqual(asked, [undefined, 't&1']);
});

test('keys that the store did not encode are taken as they are', async () => {
  const ask: Ask = (_request, read) =>
    Promise.resolve(
      read(
        answer(
          `<ListBucketResult><IsTruncated>false</IsTruncated>${contents('a+b%20&amp;c')}</ListBucketResult>`,
        ),
      ),
    );
  const found: string[] = [];
  await life({ plan: OBJECTS, prefixes: [''], ask }, found);
  assert.deepEqual(found, ['"a+b%20&c"']);
});

test('keys that appear and vanish meanwhile leave those that stay listed once', async () => {
  await fc.assert(
    fc.asyncProperty(chances, chances, async (delays, changes) => {
      const stay = Array.from({ length: 600 }, (_, n) => `stay/${padded(n, 5)}`);
      let space = new KeySpace(stay, { pageKeys: () => 9 });
      const change = numbers(changes);
      let n = 0;
      const ask: Ask = async (request, read, signal) => {
        n += 1;
        const fleeting = Array.from(
          { length: change() },
          (_, i) => `stay/${padded((n * 37 + i * 91) % 600, 5)}x`,
        );
        space = new KeySpace([...stay, ...fleeting], { pageKeys: () => 9 });
        return jittery(space, numbers(delays))(request, read, signal);
      };
      const found: string[] = [];
      await life({ plan: OBJECTS, prefixes: [''], ask }, found);
      const kept = found.filter((key) => !key.endsWith('x"'));
      assertEachOnce(
        kept,
        stay.map((key) => JSON.stringify(key)),
      );
      assert.equal(new Set(found).size, found.length);
    }),
    { numRuns: 30 },
  );
});

test('keys are compared as their bytes are', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), compareBytes(a, b));
    }),
  );
});
