/** Where numbers go, who may read them, and what becomes of them when nobody takes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { Family, Meters, metricsPage } from '../../src/metrics/index.ts';
import { ConfigError } from '../../src/server/config-error.ts';
import { DatabaseSigns } from '../../src/server/database-signs.ts';
import { OtlpSender } from '../../src/server/otlp-sender.ts';
import { telemetryOf } from '../../src/server/telemetry-config.ts';
import type { Telemetry } from '../../src/server/telemetry.ts';
import { WatchPages } from '../../src/server/watch-port.ts';
import { type Store, StoreUnavailable } from '../../src/store/index.ts';
import { startCollector } from '../lib/collector.ts';

const of = (source: Record<string, string>) => telemetryOf(source, '127.0.0.1');

test('Without a setting nothing is shown and nothing leaves', () => {
  const { port, token, metricsTo, tracesTo, emf } = of({});
  assert.deepEqual([port, token, metricsTo, tracesTo, emf], Array(5).fill(undefined));
});

test('Settings of OpenTelemetry mean what they mean elsewhere; traces must be asked for', () => {
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
  assert.equal(of(base).metricsTo?.url, 'http://collector:4318/v1/metrics');
  assert.equal(of(base).tracesTo, undefined);
  const traced = of({ ...base, OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'none' });
  assert.equal(traced.tracesTo?.url, 'http://collector:4318/v1/traces');
  assert.equal(traced.metricsTo, undefined);
  const exact = { ...base, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://other/otlp?x=1' };
  assert.equal(of(exact).metricsTo?.url, 'https://other/otlp?x=1');
  assert.equal(of({ ...base, OTEL_SDK_DISABLED: 'true' }).metricsTo, undefined);
  const named = { OTEL_SERVICE_NAME: 'mine', OTEL_RESOURCE_ATTRIBUTES: 'service.name=x,a=b%20c' };
  assert.deepEqual(of(named).resource, { 'service.name': 'mine', a: 'b c' });
});

test('A setting that cannot be used is refused by its name, without its value when that is a secret', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  const bad: [Record<string, string>, RegExp][] = [
    [{ BRIGADE_METRICS_TOKEN: 'short' }, /^BRIGADE_METRICS_TOKEN: (?!.*short)/],
    [{ BRIGADE_METRICS_TOKEN: 'with a space and long' }, /^BRIGADE_METRICS_TOKEN: (?!.*and long)/],
    [{ BRIGADE_METRICS_PORT: '99999' }, /^BRIGADE_METRICS_PORT: /],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, /^OTEL_EXPORTER_OTLP_ENDPOINT: /],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, /OTEL_EXPORTER_OTLP_ENDPOINT/],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /^OTEL_EXPORTER_OTLP_PROTOCOL: /],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_COMPRESSION: 'br' }, /^OTEL_EXPORTER_OTLP_COMPRESSION: /],
    [
      { ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'hush' },
      /^OTEL_EXPORTER_OTLP_HEADERS: (?!.*hush)/,
    ],
    [{ BRIGADE_EMF: 'stdout', BRIGADE_EMF_SECONDS: '0' }, /^BRIGADE_EMF_SECONDS: /],
  ];
  for (const [source, message] of bad) {
    assert.throws(
      () => of(source),
      (error) => error instanceof ConfigError && message.test(error.message),
      JSON.stringify(source),
    );
  }
});

function pagesWith(workers: () => Promise<never[]>, token?: string): WatchPages {
  const meters = new Meters();
  const family = new Family(meters.registry);
  // The pages ask for nothing else.
  const telemetry = { read: async () => family.read() } as unknown as Telemetry;
  return new WatchPages({ telemetry, store: { workers }, clock: systemClock, token });
}

test('Alive is who answers; ready is whose database answers and who is not leaving', async () => {
  const good = pagesWith(async () => []);
  const away = pagesWith(() => Promise.reject(new StoreUnavailable('away')));
  const status = async (pages: WatchPages, path: string): Promise<number | undefined> =>
    (await pages.look(path, {}, true))?.status;
  assert.deepEqual(
    [await status(good, '/health/live'), await status(good, '/health/ready')],
    [200, 200],
  );
  assert.deepEqual(
    [await status(away, '/health/live'), await status(away, '/health/ready')],
    [200, 503],
  );
  good.drain();
  assert.deepEqual(
    [await status(good, '/health/live'), await status(good, '/health/ready')],
    [200, 503],
  );
});

test('Without a token the page is on no port that others share', async () => {
  const open = pagesWith(async () => []);
  assert.equal(await open.look('/metrics', {}, false), undefined);
  assert.equal((await open.look('/metrics', {}, true))?.status, 200);
  const closed = pagesWith(async () => [], 'a-token-of-some-length');
  const look = (authorization?: string) =>
    closed.look('/metrics', authorization === undefined ? {} : { authorization }, false);
  for (const bad of [undefined, '', 'Bearer', 'Bearer x', 'Basic a-token-of-some-length']) {
    assert.equal((await look(bad))?.status, 401, bad);
  }
  assert.equal((await look('bearer a-token-of-some-length'))?.status, 200);
});

test('A collector that refuses is told of once, and once when it takes again; nobody fails for it', async () => {
  const collector = await startCollector();
  const lines: string[] = [];
  const write = (fields: object, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const target = {
    url: `${collector.url}/v1/metrics`,
    headers: { authorization: 'hush' },
    isCompressed: false,
    timeoutMs: 5000,
    everyMs: 1000,
  };
  try {
    const sender = new OtlpSender(target, { clock: systemClock, log });
    collector.status = 503;
    for (let times = 0; times < 5; times++) await sender.send({});
    assert.ok(sender.isFailing);
    collector.status = 200;
    await sender.send({});
    await sender.send({});
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[0] ?? '', /could not be delivered.*answered 503/);
    assert.match(lines[1] ?? '', /takes it again.*5/);
    assert.ok(!lines.join().includes('hush'));
  } finally {
    await collector.close();
  }
  const gone = new OtlpSender(target, { clock: systemClock, log });
  await gone.send({});
  assert.ok(gone.isFailing);
});

test('A database that is away is shown as away, and what it knew is not shown any more', async () => {
  const clock = new ManualClock();
  const meters = new Meters();
  const family = new Family(meters.registry);
  let asked = 0;
  let isAway = false;
  const store: Pick<Store, 'vitals' | 'workers'> = {
    vitals: async (now) => {
      asked += 1;
      if (isAway) throw new StoreUnavailable('away');
      const chunks = { waiting: 5, leased: 2, done: 1 };
      const leases = { live: 2, expired: 0 };
      return {
        jobs: new Map([['Active', 1]]),
        chunks,
        tasksLeft: 7,
        leases,
        waitingSince: now - 90_000,
      };
    },
    workers: async () => [],
  };
  const signs = new DatabaseSigns(store, meters, { clock, leaseMs: 15_000 });
  const page = (): string => metricsPage(family.read(), undefined).text;
  await signs.look();
  assert.match(page(), /^brigade_queue_age_seconds 90$/m);
  assert.match(page(), /^brigade_jobs\{status="Active"\} 1$/m);
  assert.match(page(), /^brigade_jobs\{status="Failed"\} 0$/m);
  await signs.look();
  assert.equal(asked, 1, 'asked again only after a while');
  isAway = true;
  clock.advance(6000);
  await signs.look();
  assert.equal(asked, 2);
  assert.match(page(), /^brigade_database_up 0$/m);
  assert.doesNotMatch(page(), /^brigade_(jobs|queue_age_seconds|chunks|workers)\b/m);
});
