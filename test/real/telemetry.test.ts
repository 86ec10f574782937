/**
 * What leaves, judged by others' programs: the page by promtool, OTLP by OpenTelemetry's own protobuf
 * definitions, the alert rules by Prometheus's evaluator, the manifests by Kubernetes' schemas.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import {
  Family,
  Meters,
  metricsPage,
  otlpMetrics,
  otlpTraces,
  spanOfJob,
} from '../../src/metrics/index.ts';

const DEPLOY = resolve(import.meta.dirname, '../../deploy');

function run(command: string, args: readonly string[], input = '', cwd = DEPLOY): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Everything has been touched. */
function full(): Family {
  const meters = new Meters({ endpoints: ['a:1', 'other'], versions: ['1'], nodes: ['v24'] });
  for (const { definition, first, series, stride } of meters.registry.places) {
    if (definition.kind === 'histogram') continue;
    meters.registry.values.fill(1.5, first, first + series * stride);
  }
  for (const seconds of [0.002, 0.7, 100]) {
    meters.requests('a:1').answered('GET', 200, seconds * 1000);
    meters.callAnswered('CreateJob', 200, seconds);
    meters.unitEnded('chunk', 'done', seconds);
    meters.database().lease.took.observe(seconds);
  }
  return new Family(meters.registry);
}

test('promtool finds nothing wrong with the page, whatever is on it', () => {
  const { text } = metricsPage(full().read(), undefined);
  assert.ok(text.includes('brigade_task_failures_total'));
  assert.equal(run('promtool', ['check', 'metrics'], text).trim(), '');
});

test('promtool takes the alert rules, and each fires when it should and not when it should not', () => {
  run('promtool', ['check', 'rules', 'prometheus/alerts.yaml']);
  assert.match(run('promtool', ['test', 'rules', 'prometheus/alerts.test.yaml']), /SUCCESS/);
});

/** Unknown fields and wrong types are errors; ids are hex in OTLP's JSON, and base64 in protobuf's. */
const PARSE = `
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
told = json.load(sys.stdin)
metrics = json_format.ParseDict(told['metrics'], ExportMetricsServiceRequest())
def ids(value):
    if isinstance(value, list): return [ids(one) for one in value]
    if not isinstance(value, dict): return value
    is_id = lambda key: key in ('traceId', 'spanId', 'parentSpanId')
    return {k: base64.b64encode(bytes.fromhex(v)).decode() if is_id(k) else ids(v) for k, v in value.items()}
traces = json_format.ParseDict(ids(told['traces']), ExportTraceServiceRequest())
found = {}
for metric in metrics.resource_metrics[0].scope_metrics[0].metrics:
    kind = metric.WhichOneof('data')
    found[metric.name] = [kind, len(getattr(metric, kind).data_points)]
for metric in metrics.resource_metrics[0].scope_metrics[0].metrics:
    if metric.name == 'brigade_s3_request_duration_seconds':
        point = metric.histogram.data_points[0]
        assert point.count == 3 and sum(point.bucket_counts) == 3, point
        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
span = traces.resource_spans[0].scope_spans[0].spans[0]
assert len(span.trace_id) == 16 and len(span.span_id) == 8 and span.status.code == 2
print(json.dumps(found))
`;

test('OpenTelemetry’s definitions read every metric and span that is sent', () => {
  const readings = full().read();
  const metrics = otlpMetrics(readings, { 'service.name': 'x' }, { startedAt: 1e12, now: 2e12 });
  const span = {
    ...spanOfJob('0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'),
    parentSpanId: 'a'.repeat(16),
    name: 'chunk',
    start: 1e12,
    end: 2e12,
    attributes: { text: 'a', whole: 1, part: 0.5, odd: false },
    failure: 'broken',
    link: { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16) },
  };
  const traces = otlpTraces([span], {});
  const read = JSON.parse(
    run('python3', ['-c', PARSE], JSON.stringify({ metrics, traces })),
  ) as object;
  const sent = readings
    .filter(({ series }) => series.length > 0)
    .map(({ name, definition, series }) => {
      const kind = definition.kind === 'counter' ? 'sum' : definition.kind;
      return [name, [kind, series.length]];
    });
  assert.deepEqual(read, Object.fromEntries(sent));
});

test('Kubernetes’ own schemas take the manifests, and hadolint the Containerfile', () => {
  const folder = join(DEPLOY, 'kubernetes');
  const files = readdirSync(folder).filter((file) => /^(api|config|worker)\.yaml$/.test(file));
  assert.equal(files.length, 3);
  for (const file of [...files, 'monitoring/adapter.yaml']) {
    assert.match(run('kubernetes-validate', ['--strict', file], '', folder), /passed/);
  }
  run('hadolint', ['Containerfile']);
});
