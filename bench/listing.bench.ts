/**
 * Keys per second of listing a bucket: the lister of generated lists against a loop that asks for one
 * page after the other, with the same client and the same reader of pages. The bucket is a list in
 * another process, which answers after 50 ms, and then as fast as it can.
 *
 *   npm run bench -- listing [--rows N] [--quick]
 */
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { listInParallel } from '../src/listing/index.ts';
import { pageRequest, readPage } from '../src/listing/pages.ts';
import { inventoryRows } from '../src/manifest/index.ts';
import { createS3, type S3Client } from '../src/s3/index.ts';
import { verdict, whole } from './lib/bars.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { startHelper } from './lib/helper-process.ts';
import { SHAPES } from './lib/list-endpoint.ts';
import { benchOptions } from './lib/options.ts';

const DELAYS_MS = [50, 0];
const LANES = 32;
const BAR = { atLeast: 50_000 };
const PLAN = { bucket: 'bench-bucket', versions: false, headers: {} };
const COLUMNS = { hasVersions: false, hasDetails: false, hasFacts: false };

interface Counted {
  readonly keys: number;
  readonly requests: number;
}

/** One page after the other, as most tools list. */
async function inOrder(s3: S3Client): Promise<Counted> {
  let keys = 0;
  let requests = 0;
  let rows = 0;
  for (let from: { readonly key: string } | undefined = { key: '' }; from;) {
    const page = readPage(PLAN, await s3.send(pageRequest(PLAN, '', from)));
    if (!page.ok) throw new Error(page.message);
    keys += page.value.objects.length;
    rows += inventoryRows(PLAN.bucket, page.value.objects, COLUMNS).length;
    requests += 1;
    from = page.value.next;
  }
  if (rows === 0) throw new Error('Nothing was written.');
  return { keys, requests };
}

async function divided(s3: S3Client): Promise<Counted> {
  let keys = 0;
  let requests = 0;
  const listing = listInParallel(
    {
      plan: PLAN,
      prefixes: [''],
      lanes: LANES,
      ask: async (request, read, signal) => {
        requests += 1;
        return read(await s3.send(request, signal));
      },
      rowsOf: (objects) => {
        keys += objects.length;
        return Promise.resolve(inventoryRows(PLAN.bucket, objects, COLUMNS));
      },
    },
    new AbortController().signal,
  );
  for await (const { rows } of listing) Buffer.from(rows);
  return { keys, requests };
}

async function measured(
  shape: string,
  keys: number,
  delayMs: number,
  list: (s3: S3Client) => Promise<Counted>,
): Promise<{ readonly perSecond: number; readonly requests: number; readonly cpuMs: number }> {
  const args = [shape, String(keys), String(delayMs)];
  const endpoint = await startHelper('list-endpoint.ts', args);
  const s3 = createS3({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    clock: systemClock,
    random: systemRandom,
  });
  try {
    // A connection, and the code made warm on both sides.
    await s3.send(pageRequest(PLAN, '', { key: '' }));
    const cpu = process.cpuUsage();
    const before = performance.now();
    const counted = await list(s3);
    const seconds = (performance.now() - before) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    if (counted.keys !== keys) throw new Error(`${counted.keys} keys of ${keys} were listed.`);
    return {
      perSecond: keys / seconds,
      requests: counted.requests,
      cpuMs: (user + system) / 1000 / (keys / 100_000),
    };
  } finally {
    await s3.close();
    await endpoint.stop();
  }
}

const options = benchOptions({ full: 500_000, quick: 60_000 });
console.log(`listing.bench: ${settingLines(setting())}`);
const rows = [
  [
    'answer after',
    'keys',
    'in order, keys/s',
    'divided, keys/s',
    'ratio',
    'requests',
    'CPU ms per 100,000',
    'keys/s',
  ],
];
for (const delayMs of DELAYS_MS) {
  for (const shape of Object.keys(SHAPES)) {
    const one = await measured(shape, options.rows, delayMs, inOrder);
    const many = await measured(shape, options.rows, delayMs, divided);
    rows.push([
      `${delayMs} ms`,
      shape,
      one.perSecond.toFixed(0),
      many.perSecond.toFixed(0),
      `x ${(many.perSecond / one.perSecond).toFixed(1)}`,
      `${many.requests} for ${one.requests}`,
      many.cpuMs.toFixed(0),
      verdict(many.perSecond, BAR, whole),
    ]);
  }
}
console.log(table(rows));
