// Aim: what the console reads of the store: reports by the page, failures, previews, browsing; with
// whatever may lie there, and bounded by what a page needs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { JobEvent } from '../../src/lifecycle/index.ts';
import { reportKeys } from '../../src/report/index.ts';
import { folderStaging } from '../../src/staging/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { openConsoleWorld } from './console-world.ts';

const world = openConsoleWorld();
after(() => world.close());
await world.signIn();
const get = async <T>(path: string): Promise<T> => {
  const reply = await world.call('GET', path);
  assert.equal(reply.status, 200, reply.text + world.logged.join());
  return reply.json as T;
};

interface Rows {
  readonly rows: { readonly key: string; readonly status: string; readonly errorCode: string }[];
  readonly next?: string;
  readonly scanned?: number;
  readonly files: unknown[];
}

/** A job that ran, with one chunk of which `failed` tasks failed, ended by these events. */
async function ranJob(failed: number, events: readonly JobEvent[]): Promise<string> {
  const created = newJob({ id: randomUUID() });
  const { store } = world;
  const { id, createdAt: now } = created.job;
  await store.createJob(created);
  const request = { worker: 'w', now, until: now + 1e6, limit: 1 };
  const [unit] = await store.lease({ ...request, kinds: ['prepare'] });
  assert.ok(unit);
  await store.apply(id, 'PreparationStarted', { at: now });
  await store.addChunks(unit.lease, [{ firstRow: 0, rows: 1000, start: 0, end: 1 }], {});
  await store.finishPreparing(unit.lease, { tasks: 1000, bucket: 'photos' }, now);
  await store.apply(id, 'Scheduled', { at: now });
  const [chunk] = await store.lease({ ...request, kinds: ['chunk'] });
  assert.ok(chunk);
  const failedRows = Array.from(
    { length: failed },
    (_, i) => `photos,bad+${i}.jpg,,failed,403,AccessDenied,No\n`,
  ).join('');
  const bytes = Buffer.from(`photos,ok,,succeeded,200,,\n${failedRows}`);
  const part = {
    succeeded: 1000 - failed,
    failed,
    succeededBytes: 27,
    failedBytes: bytes.length - 27,
  };
  staged.set(`${id}/${chunk.lease.seq}/${chunk.lease.fence}`, bytes);
  await store.commitPart(chunk.lease, { to: 1000, ...part }, now);
  for (const event of events) await store.apply(id, event, { at: now });
  return id;
}

const staged = new Map<string, Buffer>();

function putReport(
  id: string,
  files: readonly (readonly ['succeeded' | 'failed', string])[],
): void {
  const { manifest } = reportKeys(undefined, id);
  const Results = files.map(([status, text], i) => {
    const Key = `job-${id}/results/${i}.csv`;
    world.objects.set(`reports/${Key}`, Buffer.from(text));
    return { TaskExecutionStatus: status, Bucket: 'reports', MD5Checksum: '0'.repeat(32), Key };
  });
  const index = { Format: 'Report_CSV_20180820', Results, ReportSchema: 'Bucket, Key' };
  world.objects.set(`reports/${manifest}`, Buffer.from(JSON.stringify(index)));
}

const ENDED = ['TasksDone', 'Finished'] as const;
const failedRow = (key: string, code = 'AccessDenied'): string =>
  `photos,${key},,failed,403,${code},"No, not you"\n`;
const goodRow = (key: string): string => `photos,${key},,succeeded,200,,Successful\n`;

test('the rows of a report come in pages that miss no row and repeat none, across its files', async () => {
  const id = await ranJob(7, ENDED);
  const keys = Array.from({ length: 23 }, (_, i) => `k${i}`);
  putReport(id, [
    ['succeeded', keys.slice(0, 9).map(goodRow).join('')],
    [
      'failed',
      keys
        .slice(9, 16)
        .map((key) => failedRow(key))
        .join(''),
    ],
    ['succeeded', ''],
    ['succeeded', keys.slice(16).map(goodRow).join('')],
  ]);
  for (const size of [1, 4, 9, 10, 200]) {
    const seen: string[] = [];
    let from: string | undefined = '';
    while (from !== undefined) {
      const page: Rows = await get<Rows>(`jobs/${id}/report?size=${size}&from=${from}`);
      assert.ok(page.rows.length <= size);
      seen.push(...page.rows.map((row) => row.key));
      from = page.next;
    }
    assert.deepEqual(seen, keys, `pages of ${size}`);
  }
});

test('rows are filtered by status, error code and a part of the key, as it is or as it is spelt', async () => {
  const id = await ranJob(3, ENDED);
  putReport(id, [
    ['succeeded', goodRow('a+b%2Bc') + goodRow('d')],
    ['failed', failedRow('e+f') + failedRow('g', 'SlowDown') + failedRow('"h,""i"""')],
  ]);
  const keys = async (query: string): Promise<string[]> =>
    (await get<Rows>(`jobs/${id}/report?${query}`)).rows.map((row) => row.key);
  assert.deepEqual(await keys(''), ['a b+c', 'd', 'e f', 'g', 'h,"i"']);
  assert.deepEqual(await keys('rows=failed'), ['e f', 'g', 'h,"i"']);
  assert.deepEqual(await keys('code=SlowDown'), ['g']);
  assert.deepEqual(await keys('key=b%2Bc'), ['a b+c']);
  assert.deepEqual(await keys('key=b%252Bc'), ['a b+c']);
  assert.deepEqual(await keys('rows=succeeded&code=SlowDown'), []);
});

test('of a report with a million rows each call reads a bounded part, and says where to go on', async () => {
  const id = await ranJob(1, ENDED);
  const text = Array.from({ length: 1_000_000 }, (_, i) => goodRow(`prefix/object-${i}`)).join('');
  putReport(id, [['succeeded', text + goodRow('the/last')]]);
  const first = await get<Rows>(`jobs/${id}/report?size=50`);
  assert.equal(first.rows.length, 50);
  assert.ok((first.scanned ?? Infinity) <= 65_536);
  let from: string | undefined = '';
  let found: string[] = [];
  let calls = 0;
  while (from !== undefined) {
    const page: Rows = await get<Rows>(`jobs/${id}/report?key=the/last&from=${from}`);
    assert.ok((page.scanned ?? Infinity) <= 17 * 1024 * 1024);
    found = found.concat(page.rows.map((row) => row.key));
    from = page.next;
    calls++;
  }
  assert.deepEqual(found, ['the/last']);
  assert.equal(calls, Math.ceil(text.length / (16 * 1024 * 1024)));
});

test('a report that is gone, or is none, is an error with a reason, and never one of ours', async () => {
  const id = await ranJob(1, ENDED);
  const gone = await world.call('GET', `jobs/${id}/report`);
  assert.deepEqual([gone.status, gone.code], [502, 'NoSuchKey']);
  const manifest = `reports/${reportKeys(undefined, id).manifest}`;
  for (const [text, code] of [
    ['{"Results":[', 'InvalidReport'],
    ['null', undefined],
    ['{"Results":"x"}', undefined],
    ['{"Results":[null,7,{"TaskExecutionStatus":"odd"}]}', undefined],
  ] as const) {
    world.objects.set(manifest, Buffer.from(text));
    const reply = await world.call('GET', `jobs/${id}/report`);
    assert.equal(reply.status, code === undefined ? 200 : 502, text);
  }
  for (const rows of [
    'a,b\n',
    'b,k,,maybe,200,,\n',
    'b,"k,,failed,403,X,\n',
    'x'.repeat(300_000),
  ]) {
    putReport(id, [['failed', rows]]);
    assert.equal((await world.call('GET', `jobs/${id}/report`)).code, 'InvalidReport');
  }
  for (const from of ['1', '0--1', 'x-y', '0-1e9']) {
    assert.equal(
      (await world.call('GET', `jobs/${id}/report?from=${from}`)).code,
      'BadRequestException',
    );
  }
  assert.deepEqual(world.logged, []);
});

test('a job that runs has no report yet, and one that asked for none never has', async () => {
  const id = await ranJob(0, []);
  assert.deepEqual(await get(`jobs/${id}/report`), { rows: [], files: [] });
});

interface Failures {
  readonly reasons: { code: string; count: number; keys: string[]; message: string }[];
  readonly rows: number;
  readonly isWhole: boolean;
}

test('failures are counted by error code with a few keys of each, the most frequent first', async () => {
  const id = await ranJob(12, ENDED);
  putReport(id, [
    ['succeeded', goodRow('x')],
    ['failed', Array.from({ length: 9 }, (_, i) => failedRow(`b+${i}`, 'NoSuchKey')).join('')],
    ['failed', failedRow('c') + failedRow('d') + failedRow('e')],
  ]);
  const { reasons, rows, isWhole } = await get<Failures>(`jobs/${id}/failures`);
  assert.deepEqual([rows, isWhole], [12, true]);
  assert.deepEqual(
    reasons.map(({ code, count, keys }) => [code, count, keys]),
    [
      ['NoSuchKey', 9, ['b 0', 'b 1', 'b 2', 'b 3', 'b 4']],
      ['AccessDenied', 3, ['c', 'd', 'e']],
    ],
  );
});

test('failures of a job that runs come from its parts, and from nowhere when those are elsewhere', async () => {
  const away = await ranJob(2, []);
  assert.deepEqual(await get(`jobs/${away}/failures`), { reasons: [], rows: 0, isWhole: false });
  const reading = openConsoleWorld({
    store: world.store,
    staging: {
      ...folderStaging('/nowhere'),
      async *read(
        { jobId, seq, fence }: { jobId: string; seq: number; fence: number },
        start: number,
        end: number,
      ) {
        yield staged.get(`${jobId}/${seq}/${fence}`)?.subarray(start, end) ?? Buffer.alloc(0);
      },
    },
  });
  await reading.signIn();
  const reply = await reading.call('GET', `jobs/${away}/failures`);
  const { reasons, isWhole } = reply.json as Failures;
  assert.deepEqual(
    [reasons[0]?.code, reasons[0]?.count, reasons[0]?.keys, isWhole],
    ['AccessDenied', 2, ['bad 0.jpg', 'bad 1.jpg'], true],
  );
  await reading.app.close();
});

interface Preview {
  readonly kind: string;
  readonly etag: string;
  readonly size: number;
  readonly fields: string[];
  readonly rows: { line: number; cells: string[]; problem?: string }[];
  readonly problem?: string;
  readonly files?: number;
  readonly notShown?: string;
}

const preview = (key: string, rest = ''): Promise<Preview> =>
  get<Preview>(`preview?bucket=bkt&key=${encodeURIComponent(key)}${rest}`);
const problemsOf = ({ rows }: Preview): (number | string)[][] =>
  rows.flatMap(({ line, problem }) => (problem === undefined ? [] : [[line, problem]]));

test('the preview of a manifest guesses its columns and shows twenty rows', async () => {
  world.objects.set('bkt/two.csv', Buffer.from('bkt,k1\n'.repeat(500)));
  const two = await preview('two.csv');
  assert.deepEqual(
    [two.kind, two.fields, two.rows.length, two.etag, two.size],
    ['csv', ['Bucket', 'Key'], 20, 'the-etag', 3500],
  );
  assert.deepEqual(problemsOf(two), []);
  world.objects.set('bkt/four.csv', Buffer.from('bkt,k,v,x\n'));
  assert.deepEqual((await preview('four.csv')).fields, ['Bucket', 'Key', 'VersionId', 'Ignore']);
  const named = await preview('four.csv', '&fields=Bucket,Key,Ignore,Ignore');
  assert.deepEqual(named.fields, ['Bucket', 'Key', 'Ignore', 'Ignore']);
});

test('the preview marks each row that would fail the job, with its line and reason', async () => {
  const text = 'bkt,fine\nother,k\nbkt,a%zz\nbkt\nbkt,"line\nbreak"\nbkt,\nbkt,"open\n';
  world.objects.set('bkt/bad.csv', Buffer.from(text));
  const found = problemsOf(await preview('bad.csv'));
  assert.deepEqual(
    found.map(([line]) => line),
    [2, 3, 4, 7, 8],
  );
  const all = found.map(([, problem]) => String(problem)).join('\n');
  for (const part of [
    'names the bucket other',
    'line 3 has a % without',
    'line 4 has 1 field',
    'line 7 has no key',
    'never closed',
  ]) {
    assert.ok(all.includes(part), part);
  }
  assert.equal((await preview('bad.csv', '&fields=Bucket,Ignore')).rows.length, 7);
});

test('compressed lists, JSON Lines, inventories and reports are unfolded as a job does it', async () => {
  const text = Buffer.from('bkt,k1\nbkt,k2\n');
  world.objects.set('bkt/list.csv.gz', gzipSync(text));
  world.objects.set('bkt/list.csv.zst', zstdCompressSync(text));
  for (const key of ['list.csv.gz', 'list.csv.zst']) {
    assert.deepEqual(
      (await preview(key)).rows.map(({ cells }) => cells),
      [
        ['bkt', 'k1'],
        ['bkt', 'k2'],
      ],
      key,
    );
  }
  world.objects.set('bkt/list.jsonl', Buffer.from('{"bucket":"bkt","key":"a b"}\n'));
  assert.deepEqual((await preview('list.jsonl')).rows[0]?.cells, ['bkt', 'a%20b']);
  const inventory = (fileFormat: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        fileFormat,
        fileSchema: 'Bucket, Key, Size',
        files: [{ key: 'data.csv.gz' }],
      }),
    );
  world.objects.set('bkt/inv/manifest.json', inventory('CSV'));
  world.objects.set('bkt/data.csv.gz', gzipSync('"bkt","k1","5"\n"bkt","k2","6"\n'));
  const format = '&format=S3InventoryReport_CSV_20161130';
  const found = await preview('inv/manifest.json', format);
  assert.deepEqual(
    [found.kind, found.files, found.rows.map(({ cells }) => cells)],
    [
      'inventory',
      1,
      [
        ['bkt', 'k1'],
        ['bkt', 'k2'],
      ],
    ],
  );
  world.objects.set('bkt/inv/manifest.json', inventory('Parquet'));
  assert.match(String((await preview('inv/manifest.json', format)).notShown), /Parquet/);
  world.objects.set('bkt/inv/manifest.json', inventory('ORC'));
  assert.match(
    String((await preview('inv/manifest.json', format)).problem),
    /ORC, which cannot be read/,
  );
  assert.match(String((await preview('inv/manifest.json')).problem), /this is an inventory/);
});

test('whatever lies where a manifest should be is a problem of the list, not of ours', async () => {
  const odd: [string, Buffer][] = [
    ['empty.csv', Buffer.alloc(0)],
    ['zero.csv', Buffer.from('\0\0\0')],
    ['bytes.csv', Buffer.from([0xff, 0xfe, 0x2c, 0x0a])],
    ['long.csv', Buffer.alloc(300_000, 'x')],
    ['cut.csv.gz', gzipSync('bkt,k\n'.repeat(10_000)).subarray(0, 60)],
    ['bomb.csv.gz', gzipSync(Buffer.alloc(200 * 1024 * 1024))],
    ['none.jsonl', Buffer.from('not json\n')],
    ['x/manifest.json', Buffer.from('[1,2')],
  ];
  for (const [key, bytes] of odd) {
    world.objects.set(`bkt/${key}`, bytes);
    assert.ok(await preview(key), key);
  }
  assert.deepEqual(world.logged, []);
  const none = await world.call('GET', 'preview?bucket=bkt&key=none');
  assert.deepEqual([none.status, none.code], [502, 'NoSuchKey']);
  assert.equal((await world.call('GET', 'preview?bucket=b')).code, 'BadRequestException');
  assert.equal(
    (await world.call('GET', 'preview?bucket=bkt&key=k&fields=Odd')).code,
    'BadRequestException',
  );
});

test('buckets and one level of objects are listed, with keys that XML could not carry', async () => {
  const list =
    '<ListAllMyBucketsResult><Buckets><Bucket><Name>photos</Name><CreationDate>2026-01-01T00:00:00Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>';
  world.objects.set('', Buffer.from(list));
  assert.deepEqual(await get('buckets'), {
    buckets: [{ name: 'photos', createdAt: '2026-01-01T00:00:00Z' }],
  });
  const page =
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>' +
    '<Contents><Key>a%00b+c%2B</Key><Size>5</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>' +
    '<CommonPrefixes><Prefix>f/</Prefix></CommonPrefixes></ListBucketResult>';
  world.objects.set('photos', Buffer.from(page));
  assert.deepEqual(await get('objects?bucket=photos&prefix=x&from=t'), {
    folders: ['f/'],
    objects: [{ key: 'a\0b c+', size: 5, modifiedAt: '2026-01-01T00:00:00Z' }],
    next: 't&1',
  });
  const query = world.asked.at(-1)?.query;
  assert.deepEqual(
    [query?.['prefix'], query?.['continuation-token'], query?.['delimiter']],
    ['x', 't', '/'],
  );
  const none = await world.call('GET', 'objects?bucket=none');
  assert.deepEqual([none.status, none.code], [502, 'NoSuchKey']);
  assert.equal((await world.call('GET', 'objects')).code, 'BadRequestException');
});

test('the ETag of a manifest comes without its quotes', async () => {
  world.objects.set('bkt/m.csv', Buffer.from('bkt,k\n'));
  assert.deepEqual(await get('object?bucket=bkt&key=m.csv'), { etag: 'the-etag', size: 6 });
});
