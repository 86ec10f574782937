/**
 * What a service tells of itself while it works: on the page of metrics, to a collector, for CloudWatch,
 * and in its log. Aim: the numbers are those of the job, whichever process did the work, and nothing
 * is told once per object.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collector, startCollector } from '../lib/collector.ts';
import { freePort } from '../lib/service.ts';
import { World } from './world.ts';

const ROWS = 10_000;
const FAILING = 5000;
const TOKEN = 'a-token-of-some-length';
const WAIT_MS = 30_000;

let collector: Collector;
let world: World;
let page: string;
let folder: string;

before(async () => {
  collector = await startCollector();
  folder = await mkdtemp(join(tmpdir(), 'brigade-telemetry-'));
  const port = await freePort();
  page = `http://127.0.0.1:${port}`;
  world = await World.open({
    env: {
      BRIGADE_LOG_LEVEL: 'info',
      BRIGADE_WORKERS: '2',
      BRIGADE_METRICS_PORT: String(port),
      BRIGADE_METRICS_TOKEN: TOKEN,
      BRIGADE_EMF: join(folder, 'emf'),
      BRIGADE_EMF_SECONDS: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret%20one',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    },
  });
});

after(async () => {
  await world?.close();
  await collector?.close();
  await rm(folder, { recursive: true, force: true });
});

const authorization = `Bearer ${TOKEN}`;

/** Values by series, as the page spells them. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${page}/metrics`, { headers: { authorization } });
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Workers tell their parent once a second. */
async function until(
  wanted: (series: ReadonlyMap<string, number>) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const giveUp = Date.now() + WAIT_MS;
  for (;;) {
    const series = await scrape();
    if (wanted(series)) return series;
    assert.ok(Date.now() < giveUp, JSON.stringify([...series], undefined, 1));
    await sleep(100);
  }
}

const tasks = (outcome: string): string =>
  `brigade_tasks_total{operation="S3PutObjectTagging",outcome="${outcome}"}`;
const FAILURES = 'brigade_task_failures_total{operation="S3PutObjectTagging",code="NoSuchKey"}';
const requests = (series: ReadonlyMap<string, number>, status: string): number =>
  [...series]
    .filter(([name]) => name.startsWith('brigade_s3_request_duration_seconds_count'))
    .filter(([name]) => name.includes(`method="PUT",status="${status}"`))
    .reduce((sum, [, count]) => sum + count, 0);

let jobId = '';

test('The page counts what all workers did, and the database what is there; half of 10,000 rows fail', async () => {
  const bucket = await world.bucket();
  await world.upload(bucket, ['there']);
  const rows = Array.from({ length: ROWS }, (_, index) =>
    index % 2 === 0 ? `${bucket},there\n` : `${bucket},missing-${index}\n`,
  );
  const manifest = await world.manifest(bucket, rows.join(''));
  jobId = await world.createJob({ manifest, report: { bucket, prefix: 'reports' } });
  await world.ended(jobId);
  const series = await until((now) => now.get(tasks('failed')) === FAILING);
  assert.equal(series.get(tasks('succeeded')), ROWS - FAILING);
  assert.equal(series.get(FAILURES), FAILING);
  assert.equal(series.get('brigade_manifest_rows_total'), ROWS);
  assert.ok(requests(series, '2xx') >= ROWS - FAILING);
  assert.ok(requests(series, '4xx') >= FAILING);
  assert.equal(series.get('brigade_database_up'), 1);
  assert.equal(series.get('brigade_workers'), 2);
  for (const process of ['main', '1', '2']) {
    const memory = series.get(`brigade_process_resident_memory_bytes{process="${process}"}`);
    assert.ok(memory !== undefined && memory > 1_000_000, process);
  }
  const call = 'brigade_api_request_duration_seconds_count{action="CreateJob",status="2xx"}';
  assert.equal(series.get(call), 1);
  await until((now) => now.get('brigade_jobs{status="Complete"}') === 1);
  // A worker keeps spans for some seconds; the next test kills one.
  await until(() => spansSent().some(({ name }) => name === 'job'));
});

test('A worker that is killed takes nothing from the counters with it', async () => {
  const { workers } = (await (await fetch(`${world.service.url}/health`)).json()) as {
    workers: { pid: number }[];
  };
  const pid = workers[0]?.pid ?? 0;
  assert.ok(pid > 0);
  const name = /brigade_process_start_time_seconds\{process="(?:1|2)"\}/;
  const starts = (series: ReadonlyMap<string, number>): string =>
    JSON.stringify([...series].filter(([one]) => name.test(one)));
  const earlier = starts(await scrape());
  process.kill(pid, 'SIGKILL');
  const series = await until((now) => starts(now) !== earlier);
  assert.equal(series.get(tasks('failed')), FAILING);
  assert.equal(series.get(tasks('succeeded')), ROWS - FAILING);
});

test('The page wants its token, on both ports; health wants none', async () => {
  for (const base of [page, world.service.url]) {
    assert.equal((await fetch(`${base}/metrics`)).status, 401);
    const wrong = { authorization: `Bearer ${TOKEN}x` };
    assert.equal((await fetch(`${base}/metrics`, { headers: wrong })).status, 401);
    assert.equal((await fetch(`${base}/metrics`, { headers: { authorization } })).status, 200);
    assert.equal((await fetch(`${base}/health/live`)).status, 200);
    assert.equal(await (await fetch(`${base}/health/ready`)).text(), 'ready\n');
  }
  assert.equal((await fetch(`${page}/`)).status, 404);
  assert.equal((await fetch(`${page}/health/live`, { method: 'POST' })).status, 404);
});

test('A job of 10,000 rows, half of which fail, makes a few lines in the log, none of them per object', () => {
  const lines = world.service
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  // Starts, changed shares, the worker that was killed above; nothing of it grows with the rows.
  assert.ok(lines.length < 40, lines.join('\n'));
  for (const line of lines) assert.ok(!line.includes('missing-'), line);
});

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
}
interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: AnyValue }[];
}

function spansSent(): Span[] {
  return collector.received
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ text }) => {
      const { resourceSpans } = JSON.parse(text) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans));
    });
}

test('After the end the collector has the job as one trace, and CloudWatch every task once', async () => {
  await world.service.restart();
  const spans = spansSent();
  const traceId = jobId.replaceAll('-', '');
  const own = spans.filter((span) => span.traceId === traceId);
  const named = (name: string): Span[] => own.filter((span) => span.name === name);
  const [root] = named('job');
  assert.ok(root && root.parentSpanId === undefined);
  const value = (span: Span, key: string): string | undefined => {
    const found = span.attributes.find((one) => one.key === key)?.value;
    return found?.intValue ?? found?.stringValue;
  };
  assert.equal(value(root, 'brigade.rows'), String(ROWS));
  assert.equal(value(root, 'brigade.rows.failed'), String(FAILING));
  const chunks = named('chunk').filter((span) => value(span, 'brigade.unit.end') === 'done');
  const rows = chunks.reduce((sum, span) => sum + Number(value(span, 'brigade.rows')), 0);
  assert.equal(rows, ROWS);
  for (const kind of ['prepare', 'report', 'finish']) assert.ok(named(kind).length >= 1, kind);
  for (const span of own) if (span !== root) assert.equal(span.parentSpanId, root.spanId);
  assert.ok(own.length < 40, 'never one per object');
  assert.ok(spans.some(({ name }) => name === 'CreateJob'));

  const metrics = collector.received.filter(({ path }) => path === '/v1/metrics');
  assert.ok(metrics.length > 0);
  const last = metrics.at(-1);
  assert.equal(last?.headers['x-key'], 'secret one');
  assert.match(last?.text ?? '', /"deployment\.environment"/);
  const said = readFileSync(join(folder, 'emf'), 'utf8').trim().split('\n');
  const told = said
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['operation'] === 'S3PutObjectTagging' && 'outcome' in line)
    .reduce((sum, line) => sum + Number(line['brigade_tasks_total'] ?? 0), 0);
  assert.equal(told, ROWS);
});
