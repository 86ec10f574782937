// Aim: whatever is wrong with a list, the job fails with one code and one sentence that says where.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { JobFailed } from '../../src/engine/unit-errors.ts';
import { ManifestDefect } from '../../src/manifest/index.ts';
import type { JobFailure, JobManifest, JobTag } from '../../src/model/job.ts';
import {
  CSV,
  csvInventory,
  csvOf,
  type Envelope,
  INVENTORY,
  parquetOf,
  putFiles,
  report,
  reportRow,
  rowsOf,
} from './list-files.ts';
import { BUCKET, ListWorld } from './list-world.ts';

const SCHEMA = { fileFormat: 'CSV', fileSchema: 'Bucket, Key' };
const ROWS = rowsOf(5);

async function failureOf(
  put: (world: ListWorld) => JobManifest,
  tags: readonly JobTag[] = [],
): Promise<JobFailure> {
  const world = new ListWorld();
  try {
    await world.prepare(put(world), { tags });
  } catch (error) {
    if (error instanceof JobFailed) return error.failure;
    // As prepare.ts turns it into a failure.
    if (error instanceof ManifestDefect) return { code: error.code, reason: error.message };
    throw error;
  }
  return assert.fail('the list was accepted');
}

async function refuses(
  put: (world: ListWorld) => JobManifest,
  reason: RegExp,
  code = 'InvalidManifestContent',
  tags: readonly JobTag[] = [],
): Promise<void> {
  const failure = await failureOf(put, tags);
  assert.match(failure.reason, reason);
  assert.equal(failure.code, code, failure.reason);
  assert.ok(failure.reason.length <= 256);
}

/** An inventory whose envelope, or whose one file, is not as it should be. */
const inventory =
  (change: (envelope: Envelope) => unknown, file: Buffer = gzipSync('objects,a\n')) =>
  (world: ListWorld): JobManifest => {
    const envelope = putFiles(world, [file], SCHEMA);
    const changed = change(envelope) ?? envelope;
    const text = typeof changed === 'string' ? changed : JSON.stringify(changed);
    return world.manifest('inventory/manifest.json', text, INVENTORY);
  };
const ofFile = (file: Buffer | string) =>
  inventory((envelope) => envelope, typeof file === 'string' ? gzipSync(file) : file);

test('an envelope that is none is refused by its member', async () => {
  const cases: readonly (readonly [(envelope: Envelope) => unknown, RegExp])[] = [
    [() => 'nonsense', /manifest.json: it is not JSON/],
    [() => '', /it is not JSON/],
    [() => '[]', /it is not a JSON object/],
    [() => 'null', /it is not a JSON object/],
    [(e) => void (e['fileFormat'] = 'ORC'), /fileFormat is ORC, which cannot be read/],
    [(e) => void (e['fileFormat'] = 'Avro'), /fileFormat is "AVRO"; CSV and Parquet/],
    [(e) => void delete e['fileFormat'], /fileFormat is missing/],
    [(e) => void (e['fileFormat'] = 7), /fileFormat is not a string/],
    [(e) => void delete e['fileSchema'], /fileSchema is missing/],
    [
      (e) => void (e['fileSchema'] = 'Size, ETag'),
      /Required fields are missing in the schema: Bucket, Key/,
    ],
    [(e) => void (e['fileSchema'] = 'Bucket, Key, key'), /the schema names Key twice/],
    [(e) => void (e['destinationBucket'] = 'arn:aws:s3:::'), /destinationBucket names no bucket/],
    [(e) => ({ ...e, files: 'x' }), /files is missing or not a list/],
    [(e) => ({ ...e, files: ['x'] }), /files\[0\] is not an object/],
    [(e) => ({ ...e, files: [{ size: 1 }] }), /files\[0\].key is missing/],
    [(e) => ({ ...e, files: [{ key: '' }] }), /files\[0\].key is empty/],
    [
      (e) => ({ ...e, files: [{ key: 'k', size: -1 }] }),
      /files\[0\].size is not a number of bytes/,
    ],
    [
      (e) => ({ ...e, files: [{ key: 'k', MD5checksum: 'x' }] }),
      /files\[0\] has an MD5 checksum that is not one/,
    ],
    [(e) => ({ ...e, files: [] }), /it has no rows/],
    [(e) => ({ ...e, ReportSchema: 'x' }), /this is a completion report; name the format/],
    [(e) => `\xff${JSON.stringify(e)}`, /it is not JSON/],
  ];
  for (const [change, reason] of cases) await refuses(inventory(change), reason);
  await refuses(
    (world) => world.manifest('manifest.json', Buffer.of(0x7b, 0xff, 0x7d), INVENTORY),
    /it is not UTF-8/,
  );
});

test('a data file that is not the one of the envelope is refused by its name', async () => {
  const file = '(in "inventory/data/0")';
  const of = (e: Envelope) => e.files[0] ?? assert.fail();
  await refuses(
    inventory((e) => void (of(e).size = 3)),
    /has \d+ bytes, manifest.json names 3. \(in "inventory\/data\/0"\)/,
  );
  const { reason } = await failureOf(inventory((e) => void (of(e).MD5checksum = '0'.repeat(32))));
  assert.match(reason, /has the MD5 [0-9a-f]{32}, manifest.json names 0{32}/);
  assert.ok(reason.endsWith(file), reason);
});

test('a missing or forbidden object fails the job with its name', async () => {
  const gone = (status?: number, key = 'inventory/data/1') => {
    return (world: ListWorld): JobManifest => {
      const manifest = csvInventory(world, rowsOf(30));
      if (status === undefined) world.objects.delete(`${BUCKET}/${key}`);
      else world.refusals.set(`${BUCKET}/${key}`, status);
      return manifest;
    };
  };
  await refuses(
    gone(),
    /The data file lists\/inventory\/data\/1 does not exist/,
    'ManifestNotFound',
  );
  await refuses(
    gone(403),
    /forbidden: AccessDenied \(data file .*data\/1\)/,
    'ManifestAccessDenied',
  );
  await refuses(gone(503), /data\/1 failed: 503/, 'ManifestReadFailed');
  const envelope = 'inventory/manifest.json';
  await refuses(gone(undefined, envelope), /The manifest .* does not exist/, 'ManifestNotFound');
  await refuses(gone(403, envelope), /^Reading the manifest is forbidden/, 'ManifestAccessDenied');
});

test('a manifest.json that is another one than the job names is not read', async () => {
  await refuses(
    (world) => {
      const manifest = csvInventory(world, ROWS);
      world.put('inventory/manifest.json', '{}');
      return manifest;
    },
    /is not the object whose ETag/,
    'ManifestETagMismatch',
  );
});

test('rows are refused by file and line', async () => {
  const good = 'objects,a\n'.repeat(3);
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${good}objects,b,c\n`, /^Unexpected number of task fields: line 4 has 3 fields/],
    [`${good}other,b\n`, /line 4 names "other"/],
    [`${good}objects,%zz\n`, /^Invalid object key format: line 4 has a % without/],
    [`${good}objects,\n`, /line 4 has no key/],
    [`${good}objects,"b\n`, /line 4 opens a quote that is never closed/],
    [`${good}objects,a"b\n`, /line 4 has a quote inside a field/],
    [`${good}\n`, /line 4 has 1 field,/],
    [`${good}objects,${'k'.repeat(1025)}\n`, /line 4 decodes to 1025 bytes/],
    [`${good}objects,${'k'.repeat(70_000)}\n`, /line 4 begins a row of more than 65536 bytes/],
    ['"Bucket","Key"\nobjects,b\n', /line 1 repeats the names of the columns/],
    ['"objects","a\nb"\nobjects,"c"d\n', /line 3 has text behind a closing quote/],
  ];
  for (const [text, reason] of cases) {
    const failure = await failureOf(ofFile(text));
    assert.match(failure.reason, reason);
    assert.equal(failure.code, 'InvalidManifestContent');
    assert.match(failure.reason, /\(in "inventory\/data\/0"\)$/);
  }
});

test('a defect in a later file is named with its own line, not that of the list', async () => {
  await refuses((world) => {
    const files = ['objects,a\nobjects,b\n', 'objects,c\nelse,d\n'].map((text) => gzipSync(text));
    const envelope = putFiles(world, files, SCHEMA);
    return world.manifest('manifest.json', JSON.stringify(envelope), INVENTORY);
  }, /line 2 names "else", the lines before "objects".*\(in "inventory\/data\/1"\)$/);
});

test('compressed bytes that are cut short or broken are refused, not taken for the end', async () => {
  const text = csvOf(rowsOf(2000));
  for (const [name, whole] of [
    ['gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ] as const) {
    const key = `list.csv.${name === 'gzip' ? 'gz' : 'zst'}`;
    const broken = Buffer.from(whole);
    broken[whole.length >> 1] = ~(broken[whole.length >> 1] ?? 0) & 255;
    const shortened = [
      whole.subarray(0, -1),
      whole.subarray(0, whole.length >> 1),
      whole.subarray(0, 12),
    ];
    for (const body of [...shortened, broken]) {
      const failure = await failureOf((world) => world.manifest(key, body, CSV));
      assert.equal(failure.code, 'InvalidManifestContent');
      assert.match(failure.reason, /not properly formatted|Invalid|Unexpected/);
      assert.match(failure.reason, new RegExp(`\\(in "${key}"\\)$`));
    }
  }
});

test('JSON Lines are refused by line and member', async () => {
  const good = '{"bucket":"objects","key":"a"}\n';
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    ['nonsense', /line 2 is not a JSON object/],
    ['', /line 2 is not a JSON object/],
    ['[1]', /line 2 is not a JSON object/],
    ['{"bucket":"objects"}', /line 2 has no key/],
    ['{"key":"a"}', /line 2 has no bucket name/],
    ['{"bucket":"objects","key":7}', /line 2: "key" is not a string/],
    ['{"bucket":"objects","key":"a","Key":"b"}', /line 2 has a second "Key"/],
    ['{"bucket":"objects","key":"\\ud800"}', /line 2 has half of a surrogate pair/],
    [Buffer.of(0x7b, 0xff, 0x7d), /line 2 is not UTF-8/],
    [`{"bucket":"objects","key":"${'k'.repeat(70_000)}"}`, /line 2 begins a row of more/],
  ];
  for (const [line, reason] of cases) {
    const body = Buffer.concat([Buffer.from(good), Buffer.from(line), Buffer.from('\n')]);
    await refuses((world) => world.manifest('list.jsonl', body, CSV), reason);
  }
});

test('a report that is none, or has nothing to run again, is refused', async () => {
  const changed =
    (change: (index: Record<string, unknown>) => void) =>
    (world: ListWorld): JobManifest => {
      report(world, ROWS);
      const key = 'reports/job-1/manifest.json';
      const text = world.objects.get(`${BUCKET}/${key}`)?.toString() ?? '';
      const index = JSON.parse(text) as Record<string, unknown>;
      change(index);
      return world.manifest(key, JSON.stringify(index), CSV);
    };
  await refuses(
    changed((index) => delete index['ReportSchema']),
    /it has no ReportSchema/,
  );
  await refuses(
    changed((index) => (index['Format'] = 'x')),
    /Format is "x"/,
  );
  await refuses(
    changed((index) => (index['Results'] = {})),
    /Results is missing or not a list/,
  );
  await refuses(
    changed((index) => (index['Results'] = [{ TaskExecutionStatus: 'odd' }])),
    /Results\[0\].TaskExecutionStatus is "odd"/,
  );
  await refuses(
    (world) => world.manifest('manifest.json', '{"fileSchema":""}', CSV),
    /this is an inventory/,
  );
  await refuses(
    changed((index) => (index['Results'] = [])),
    /lists no failed tasks: there is nothing/,
  );
  await refuses((world) => {
    const manifest = report(world, ROWS);
    world.put(
      'reports/job-1/results/failed-0.csv',
      reportRow({ key: 'x', versionId: '' }, 'failed'),
    );
    return manifest;
  }, /has the MD5 .* \(in "reports\/job-1\/results\/failed-0.csv"\)$/);
  await refuses(
    (world) => report(world, ROWS),
    /brigade:retry says neither/,
    'InvalidManifestContent',
    [{ Key: 'brigade:retry', Value: 'some' }],
  );
});

test('a Parquet file that is none is refused by its name', async () => {
  const parquet =
    (...files: readonly Buffer[]) =>
    (world: ListWorld): JobManifest => {
      const envelope = putFiles(world, files, { fileFormat: 'Parquet' });
      return world.manifest('manifest.json', JSON.stringify(envelope), INVENTORY);
    };
  const whole = parquetOf(ROWS);
  const file = / \(in "inventory\/data\/0"\)$/;
  await refuses(parquet(Buffer.from('PAR1')), /Parquet: the file is too short/);
  await refuses(parquet(whole.subarray(0, -1)), /Parquet: the file does not end as one/);
  await refuses(
    parquet(Buffer.concat([Buffer.alloc(64, 255), Buffer.from('PAR1')])),
    /claims to have/,
  );
  await refuses(parquet(Buffer.concat([Buffer.from('PAR1'), whole.subarray(200)])), file);
  const other = [{ key: 'else', versionId: '' }];
  const odd = parquetOf(other);
  odd.set(Buffer.from('OBJECTS'), odd.indexOf('objects'));
  await refuses(parquet(whole, odd), /line 1 names "OBJECTS".*\(in "inventory\/data\/1"\)$/);
});

test('a long name of a file is shown by its end', async () => {
  await refuses((world) => {
    const envelope = { ...SCHEMA, files: [{ key: `${'deep/'.repeat(100)}file.csv` }] };
    world.put(envelope.files[0]?.key ?? '', 'objects,%\n');
    return world.manifest('manifest.json', JSON.stringify(envelope), INVENTORY);
  }, /^Invalid object key format: line 1 .*\(in "\.\.\.(deep\/|p\/|ep\/|eep\/|\/).*deep\/file\.csv"\)$/);
});
