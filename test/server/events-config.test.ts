import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../src/server/config-error.ts';
import { eventsOf } from '../../src/server/events-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'brigade-events-'));
after(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, 'secret');
writeFileSync(FILE, 'from a file\n');

const variable = (name: string): string | undefined =>
  ({ HOOK: ' shh ', AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK' })[name];
const read = (value: unknown) => eventsOf(JSON.stringify(value), variable);
const one = (value: object) => read({ sinks: { s: value } }).sinks[0];

test('sinks are read with their defaults', () => {
  assert.deepEqual(eventsOf(undefined, variable), { sinks: [], dataEvents: 0 });
  assert.equal(read({ dataEvents: 0.25 }).dataEvents, 0.25);
  const trail = one({ type: 'cloudtrail', bucket: 'logs' });
  assert.ok(trail?.type === 'cloudtrail');
  assert.deepEqual(
    [trail.prefix, trail.hasDigest, trail.lingerMs, trail.wants],
    ['', true, 60_000, ['jobs', 'calls', 'tasks']],
  );
  const hook = one({ type: 'webhook', url: 'https://h.example/x', secret: { env: 'HOOK' } });
  assert.ok(hook?.type === 'webhook');
  assert.deepEqual(
    [hook.secret.reveal(), hook.shape, hook.source, hook.timeoutMs, hook.wants],
    ['shh', 'cloudevents', 'aws.s3', 10_000, ['jobs']],
  );
  assert.ok(!JSON.stringify(hook).includes('shh'));
  const filed = one({
    type: 'webhook',
    url: 'http://h/',
    secret: { file: FILE },
    shape: 'eventbridge',
  });
  assert.ok(filed?.type === 'webhook' && filed.secret.reveal() === 'from a file');
});

test('the source of PutEvents is what rules match, but on AWS, which takes that from nobody else', () => {
  const source = (more: object): string | undefined => {
    const sink = one({ type: 'eventbridge', ...more });
    return sink?.type === 'eventbridge' ? sink.source : undefined;
  };
  assert.equal(source({}), 'bucket-brigade.s3');
  assert.equal(
    source({ endpoint: 'https://events.eu-central-1.amazonaws.com' }),
    'bucket-brigade.s3',
  );
  assert.equal(source({ endpoint: 'http://127.0.0.1:5000' }), 'aws.s3');
  assert.equal(source({ source: 'acme.jobs' }), 'acme.jobs');
  assert.throws(() => source({ source: 'aws.s3' }), /from its own services only/);
});

test('what cannot be used is refused with its name and what would do', () => {
  const hook = { type: 'webhook', url: 'https://h/', secret: { env: 'HOOK' } };
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /^BRIGADE_EVENTS: must be an object/],
    [{ sink: {} }, /^BRIGADE_EVENTS: knows sinks, dataEvents, not "sink"/],
    [{ dataEvents: 2 }, /^BRIGADE_EVENTS\.dataEvents: must be a number between 0 and 1/],
    [{ sinks: { 'a b': hook } }, /"a b" is no name of a sink/],
    [
      { sinks: { a: { type: 'sns' } } },
      /^BRIGADE_EVENTS\.sinks\.a\.type: must be one of cloudtrail/,
    ],
    [{ sinks: { a: { ...hook, urll: '' } } }, /a: knows type, send, url/],
    [{ sinks: { a: { ...hook, url: 'ftp://x' } } }, /a\.url: must be a URL/],
    [{ sinks: { a: { ...hook, secret: 'plain' } } }, /a\.secret: must be \{"env"/],
    [{ sinks: { a: { ...hook, secret: { env: 'NO' } } } }, /a\.secret: there is no NO in/],
    [
      { sinks: { a: { ...hook, secret: { file: '/no/file' } } } },
      /a\.secret: \/no\/file cannot be read/,
    ],
    [
      { sinks: { a: { ...hook, timeoutSeconds: 60 } } },
      /a\.timeoutSeconds: must be a whole number/,
    ],
    [{ sinks: { a: { ...hook, send: ['tasks'] } } }, /a\.send: must be a list of jobs, calls/],
    [{ sinks: { a: { type: 'cloudtrail' } } }, /a\.bucket: must be the name of a bucket/],
    [{ sinks: { a: { type: 'cloudtrail', bucket: 'b-1', prefix: '/x/' } } }, /a\.prefix: must be/],
    [
      { sinks: { a: { type: 'cloudtrail', bucket: 'b-1', accessKeyId: 'x' } } },
      /a\.secretAccessKey: must be set together/,
    ],
    [{ sinks: { a: { type: 'file', path: 'events.jsonl' } } }, /a\.path: must be an absolute path/],
  ];
  for (const [value, message] of cases) {
    assert.throws(
      () => read(value),
      (error) => error instanceof ConfigError && message.test(error.message),
      JSON.stringify(value),
    );
  }
  assert.throws(() => eventsOf('{', variable), /BRIGADE_EVENTS is not JSON/);
});
