/** What is written about metrics, in the manual, the dashboard and the alert rules, against those that exist. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { findCall } from '../../src/api/calls.ts';
import { API_ACTIONS } from '../../src/metrics/codes.ts';
import { type Definition, METRICS } from '../../src/metrics/definitions.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const DEFINITIONS: ReadonlyMap<string, Definition> = new Map(Object.entries(METRICS));

const labelsOf = (definition: Definition): string[] => [
  ...Object.keys(definition.labels),
  ...(definition.over === 'each' ? ['process'] : []),
];

test('docs/METRICS.md has a row for each metric with its type, unit, labels and meaning, and no other', () => {
  const rows = read('docs/METRICS.md')
    .split('\n')
    .filter((line) => line.startsWith('| `brigade_'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const units: Record<string, string> = { s: 'seconds', By: 'bytes', '': '-' };
  const documented = rows.map(([name, type, unit, labels, meaning, advice]) => {
    assert.ok((advice ?? '').length > 10, `${name} has no advice`);
    return [name, type, unit, labels, meaning];
  });
  const defined = [...DEFINITIONS].map(([name, definition]) => [
    `\`${name}\``,
    definition.kind,
    units[definition.unit] ?? `${definition.unit.replace(/[{}]/g, '')}s`,
    labelsOf(definition)
      .map((label) => `\`${label}\``)
      .join(', ') || '-',
    definition.help,
  ]);
  assert.deepEqual(documented, defined);
});

test('Names follow the rules: units last, _total for counters and for nothing else', () => {
  for (const [name, { kind, unit }] of DEFINITIONS) {
    assert.match(name, /^brigade_[a-z0-9_]+$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', name);
    const stem = name.replace(/_total$/, '');
    assert.equal(/_seconds$/.test(stem), unit === 's', name);
    assert.equal(/_bytes$/.test(stem), unit === 'By', name);
  }
});

test('Actions of the metric of calls are the calls that are answered', () => {
  const id = 'b2a1c8a4-0000-4000-8000-000000000000';
  const lines = ['POST jobs', 'GET jobs', `GET jobs/${id}`, `POST jobs/${id}/priority`].concat(
    [`POST jobs/${id}/status`],
    ['GET', 'PUT', 'DELETE'].map((method) => `${method} jobs/${id}/tagging`),
  );
  const actions = lines.map((line) => {
    const [method = '', path = ''] = line.split(' ');
    return findCall(method, `/v20180820/${path}`).call.name;
  });
  assert.deepEqual([...actions, 'other'].toSorted(), [...API_ACTIONS].toSorted());
});

/** Metrics, with the labels that each is asked for, of one expression. */
function asked(expression: string): { readonly metrics: string[]; readonly labels: string[] } {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const tree = parser.parse(text);
  const metrics: string[] = [];
  const labels: string[] = [];
  const errors: number[] = [];
  tree.iterate({
    enter: (node) => {
      const here = text.slice(node.from, node.to);
      if (node.type.isError) errors.push(node.from);
      if (node.name === 'VectorSelector') metrics.push(/^[a-zA-Z_:][\w:]*/.exec(here)?.[0] ?? '');
      if (node.name === 'LabelName') labels.push(here);
    },
  });
  assert.deepEqual(errors, [], `not PromQL: ${expression}`);
  return { metrics, labels };
}

/** Added by Prometheus, by the format of histograms, and by recordings of alerts. */
const FOREIGN = ['job', 'instance'];

function verify(expression: string, where: string): string[] {
  const { metrics, labels } = asked(expression);
  assert.ok(metrics.length > 0, `${where} asks for nothing`);
  const allowed = new Set(FOREIGN);
  const names = metrics.map((metric) => {
    const family = DEFINITIONS.has(metric) ? metric : metric.replace(/_(bucket|sum|count)$/, '');
    const definition = DEFINITIONS.get(family);
    assert.ok(definition, `${where}: there is no metric ${metric}`);
    const isHistogram = definition.kind === 'histogram';
    assert.equal(family !== metric, isHistogram, `${where}: ${metric}`);
    for (const label of labelsOf(definition)) allowed.add(label);
    if (metric.endsWith('_bucket')) allowed.add('le');
    if (definition.kind === 'counter' || isHistogram) {
      const isRate = new RegExp(`(rate|increase)\\(${metric}\\b`).test(expression);
      assert.ok(isRate, `${where}: ${metric} counts, and is not asked for its rate`);
    }
    return family;
  });
  for (const label of labels) assert.ok(allowed.has(label), `${where}: no label ${label}`);
  for (const [, label, value] of expression.matchAll(/(\w+)="([\w.]+)"/g)) {
    const values = names.flatMap((name) => {
      const known = DEFINITIONS.get(name)?.labels[label ?? ''];
      return Array.isArray(known) ? known : [];
    });
    assert.ok(values.includes(value), `${where}: ${label} is never ${value}`);
  }
  return names;
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

test('Each alert rule asks for metrics and labels that exist, and leads to a heading of the manual', () => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 10);
  const anchors = new Set(
    read('docs/OPERATING.md')
      .split('\n')
      .filter((line) => /^#{1,4} /.test(line))
      .map((line) =>
        line
          .replace(/^#+ /, '')
          .toLowerCase()
          .replace(/[^\w\- ]/g, ''),
      )
      .map((heading) => heading.replaceAll(' ', '-')),
  );
  for (const { alert, expr, annotations } of rules) {
    verify(expr, alert);
    const [file, anchor = ''] = annotations.runbook.split('#');
    assert.equal(file, 'docs/OPERATING.md', alert);
    assert.ok(anchors.has(anchor), `${alert}: no heading ${anchor}`);
    assert.ok(annotations.summary.endsWith('.'), alert);
  }
});

test('Each alert rule has a case in which it fires and one in which it keeps quiet', () => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as {
    groups: { rules: Rule[] }[];
  };
  const { tests } = parse(read('deploy/prometheus/alerts.test.yaml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const cases = tests.flatMap((one) => one.alert_rule_test);
  for (const { alert } of groups.flatMap((group) => group.rules)) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    assert.deepEqual(
      own.map(({ exp_alerts: expected }) => expected.length).toSorted(),
      [0, 1],
      alert,
    );
  }
});

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

test('The dashboard shows every metric, asks for none that does not exist, and its panels do not overlap', () => {
  const { panels, templating } = JSON.parse(read('deploy/grafana/dashboard.json')) as {
    panels: Panel[];
    templating: { list: { name: string; definition?: string }[] };
  };
  const shown = new Set<string>();
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) for (const name of verify(expr, title)) shown.add(name);
  }
  assert.deepEqual([...shown].toSorted(), [...DEFINITIONS.keys()].toSorted());
  for (const { name, definition } of templating.list) {
    const metric = /label_values\((\w+)/.exec(definition ?? '')?.[1]?.replace(/_count$/, '');
    if (name !== 'datasource') assert.ok(metric && DEFINITIONS.has(metric), name);
  }
  const cells = new Set<string>();
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!cells.has(`${x} ${y}`), `${title} lies over another panel`);
        cells.add(`${x} ${y}`);
      }
    }
  }
});

test('An expression with a wrong metric, label, value or grammar is found out', () => {
  const bad = [
    'brigade_jobz',
    'brigade_jobs{state="New"}',
    'brigade_jobs{status="Sleeping"}',
    'sum by (bucket) (brigade_jobs)',
    'brigade_tasks_total',
    'sum(rate(brigade_tasks_total[5m])',
    'brigade_s3_request_duration_seconds',
    'rate(brigade_slow_downs_total_count[5m])',
  ];
  for (const one of bad) assert.throws(() => verify(one, 'a bad rule'), assert.AssertionError, one);
});
