/** The forms in which metrics and spans leave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EmfWriter,
  Family,
  Meters,
  metricsPage,
  otlpMetrics,
  otlpTraces,
  spanOfCaller,
  spanOfJob,
} from '../../src/metrics/index.ts';

const CONFIGURED = {
  endpoints: ['s3.test', 'other'],
  versions: ['1.2.3 "odd"\\'],
  nodes: ['v24.0.0'],
};

function sample() {
  const meters = new Meters(CONFIGURED);
  const tasks = meters.tasks('S3PutObjectTagging');
  tasks.ended({ ok: true, message: '' });
  tasks.ended({ ok: false, httpStatus: 404, code: 'NoSuchKey', message: '', again: 'never' });
  meters.requests('s3.test').answered('PUT', 200, 3);
  meters.requests('s3.test').answered('PUT', 200, 70_000);
  meters.registry.cell('brigade_queue_age_seconds').set(12.5);
  const { version, node } = { version: CONFIGURED.versions[0] ?? '', node: 'v24.0.0' };
  meters.registry.cell('brigade_build_info', { version, node }).set(1);
  return { meters, family: new Family(meters.registry) };
}

test('Who asks for nothing gets the text format, and who prefers OpenMetrics gets that', () => {
  const { family } = sample();
  const typeFor = (accept?: string): string => metricsPage(family.read(), accept).contentType;
  assert.match(typeFor(), /^text\/plain; version=0\.0\.4/);
  assert.match(typeFor('*/*'), /^text\/plain/);
  assert.match(typeFor('text/plain;q=0.9,application/openmetrics-text;q=0.1'), /^text\/plain/);
  assert.match(typeFor('application/openmetrics-text;q=0'), /^text\/plain/);
  // What Prometheus sends.
  const prometheus =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
  assert.match(typeFor(prometheus), /^application\/openmetrics-text; version=1\.0\.0/);
});

test('The text format has help, type and samples; buckets add up, and labels are escaped', () => {
  const { text } = metricsPage(sample().family.read(), undefined);
  const lines = text.split('\n');
  assert.ok(lines.includes('# TYPE brigade_tasks_total counter'));
  assert.ok(
    lines.includes('brigade_tasks_total{operation="S3PutObjectTagging",outcome="succeeded"} 1'),
  );
  assert.ok(
    lines.includes(
      'brigade_task_failures_total{operation="S3PutObjectTagging",code="NoSuchKey"} 1',
    ),
  );
  const series = 'endpoint="s3.test",method="PUT",status="2xx"';
  const name = 'brigade_s3_request_duration_seconds';
  assert.ok(lines.includes(`${name}_bucket{${series},le="0.0025"} 0`));
  assert.ok(lines.includes(`${name}_bucket{${series},le="0.005"} 1`));
  assert.ok(lines.includes(`${name}_bucket{${series},le="60"} 1`));
  assert.ok(lines.includes(`${name}_bucket{${series},le="+Inf"} 2`));
  assert.ok(lines.includes(`${name}_sum{${series}} 70.003`));
  assert.ok(lines.includes(`${name}_count{${series}} 2`));
  assert.ok(
    lines.includes(String.raw`brigade_build_info{version="1.2.3 \"odd\"\\",node="v24.0.0"} 1`),
  );
  assert.ok(!text.includes('# EOF') && text.endsWith('\n'));
});

test('OpenMetrics names families without _total, tells units, and ends with EOF', () => {
  const { text } = metricsPage(sample().family.read(), 'application/openmetrics-text');
  const lines = text.split('\n');
  assert.ok(lines.includes('# TYPE brigade_tasks counter'));
  assert.ok(
    lines.includes('brigade_tasks_total{operation="S3PutObjectTagging",outcome="succeeded"} 1'),
  );
  assert.ok(lines.includes('# UNIT brigade_queue_age_seconds seconds'));
  assert.ok(lines.includes('# UNIT brigade_staging_written_bytes bytes'));
  assert.deepEqual(lines.slice(-2), ['# EOF', '']);
  for (const [, family] of text.matchAll(/^# UNIT (\S+)/gm)) {
    assert.match(family ?? '', /_(?:seconds|bytes)$/);
  }
});

test('OTLP carries counters and histograms as cumulative sums, gauges as they are, 64 bits as text', () => {
  const times = { startedAt: 1_700_000_000_000, now: 1_700_000_060_000 };
  const message = otlpMetrics(sample().family.read(), { 'service.name': 'x' }, times);
  const { metrics, resource } = read(message);
  assert.deepEqual(resource, [{ key: 'service.name', value: { stringValue: 'x' } }]);
  const since = {
    startTimeUnixNano: '1700000000000000000',
    timeUnixNano: '1700000060000000000',
  };
  const tasks = metrics.get('brigade_task_failures_total');
  assert.deepEqual(tasks?.['sum'], {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [
      {
        ...since,
        attributes: [
          { key: 'operation', value: { stringValue: 'S3PutObjectTagging' } },
          { key: 'code', value: { stringValue: 'NoSuchKey' } },
        ],
        asDouble: 1,
      },
    ],
  });
  assert.deepEqual(metrics.get('brigade_queue_age_seconds')?.['gauge'], {
    dataPoints: [{ timeUnixNano: since.timeUnixNano, attributes: [], asDouble: 12.5 }],
  });
  const histogram = metrics.get('brigade_s3_request_duration_seconds')?.['histogram'] as {
    dataPoints: { count: string; bucketCounts: string[]; explicitBounds: number[]; sum: number }[];
  };
  const [point] = histogram.dataPoints;
  assert.equal(point?.count, '2');
  assert.equal(point?.bucketCounts.length, (point?.explicitBounds.length ?? 0) + 1);
  assert.equal(point?.bucketCounts[2], '1');
  assert.equal(point?.bucketCounts.at(-1), '1');
});

function read(message: object) {
  const { resourceMetrics } = message as {
    resourceMetrics: {
      resource: { attributes: object[] };
      scopeMetrics: { metrics: ({ name: string } & Record<string, unknown>)[] }[];
    }[];
  };
  const [first] = resourceMetrics;
  const metrics = new Map(first?.scopeMetrics[0]?.metrics.map((one) => [one.name, one]));
  return { metrics, resource: first?.resource.attributes };
}

test('A line of CloudWatch holds what came since the line before, with its labels as dimensions', () => {
  const { meters, family } = sample();
  const writer = new EmfWriter({ namespace: 'N', about: { 'service.name': 'x' } });
  const lines = (): Record<string, unknown>[] =>
    writer.lines(family.read(), 1_700_000_000_000).map((line) => JSON.parse(line) as never);
  const first = lines().find(
    (line) => line['outcome'] === 'succeeded' && line['brigade_tasks_total'],
  );
  assert.equal(first?.['brigade_tasks_total'], 1);
  assert.equal(first?.['service.name'], 'x');
  assert.deepEqual(first?.['_aws'], {
    Timestamp: 1_700_000_000_000,
    CloudWatchMetrics: [
      {
        Namespace: 'N',
        Dimensions: [['operation', 'outcome']],
        Metrics: [{ Name: 'brigade_tasks_total', Unit: 'Count' }],
      },
    ],
  });
  const idle = lines();
  assert.ok(!idle.some((line) => 'brigade_tasks_total' in line), 'nothing came, nothing is said');
  assert.ok(!idle.some((line) => 'brigade_s3_request_duration_seconds_count' in line));
  assert.ok(
    idle.some((line) => line['brigade_queue_age_seconds'] === 12.5),
    'a gauge is always said',
  );
  meters.tasks('S3PutObjectTagging').ended({ ok: true, message: '' });
  meters.requests('s3.test').answered('PUT', 200, 2000);
  const later = lines();
  const request = later.find((line) => 'brigade_s3_request_duration_seconds_count' in line);
  assert.equal(request?.['brigade_s3_request_duration_seconds_count'], 1);
  assert.ok(Math.abs(Number(request?.['brigade_s3_request_duration_seconds_sum']) - 2) < 1e-9);
  const tasks = later.filter((line) => 'brigade_tasks_total' in line);
  assert.deepEqual(
    tasks.map((line) => line['brigade_tasks_total']),
    [1],
  );
});

test('A job has one trace, which follows from its id', () => {
  const id = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
  assert.deepEqual(spanOfJob(id), {
    traceId: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    spanId: '8293a4b5c6d7e8f9',
  });
  const message = otlpTraces(
    [
      {
        ...spanOfJob(id),
        name: 'job',
        start: 1_700_000_000_000.25,
        end: 1_700_000_001_000,
        attributes: { 'brigade.rows': 5, ratio: 0.5, odd: true, text: 'x' },
        failure: 'broken',
        link: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
      },
    ],
    {},
  );
  const { resourceSpans } = message as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
  };
  assert.deepEqual(resourceSpans[0]?.scopeSpans[0]?.spans[0], {
    traceId: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    spanId: '8293a4b5c6d7e8f9',
    name: 'job',
    kind: 1,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000001000000000',
    attributes: [
      { key: 'brigade.rows', value: { intValue: '5' } },
      { key: 'ratio', value: { doubleValue: 0.5 } },
      { key: 'odd', value: { boolValue: true } },
      { key: 'text', value: { stringValue: 'x' } },
    ],
    links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
    status: { code: 2, message: 'broken' },
  });
});

test('A traceparent that is not well formed is no caller', () => {
  const good = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  assert.deepEqual(spanOfCaller(good), { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) });
  const bad = [
    undefined,
    '',
    good.toUpperCase(),
    good.replace('00-', 'ff-'),
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `00-${'a'.repeat(31)}-${'b'.repeat(16)}-01`,
  ];
  for (const one of bad) assert.equal(spanOfCaller(one), undefined, one);
});
