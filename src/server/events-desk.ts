/** `brigade events`: what an operator asks of sinks and letters, on the database of the service. */
import { createPublicKey } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import {
  messageOfEvent,
  type TrailReader,
  unpackMessage,
  type Verdict,
  verifyTrail,
} from '../events/index.ts';
import { elements, elementText, type S3, sendWithRetry, toOutcome } from '../s3/index.ts';
import type { SinkStanding } from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import type { CloudTrailConfig, SinkConfig } from './events-config.ts';
import { openLog } from './open-log.ts';
import { openSink, type SinkNeeds, trailClient, trailKey } from './open-sinks.ts';
import { openStore } from './open-store.ts';
import { knownRootKey } from './root-key.ts';

export interface DeskSink extends SinkStanding {
  /** Undefined: the configuration here does not name it. */
  readonly type: string | undefined;
}

export interface DeskLetter {
  readonly id: string;
  readonly sink: string;
  readonly jobId: string;
  readonly event: string;
  readonly eventTime: string;
  readonly reason: string;
  readonly parkedAt: number;
  readonly isReplayed: boolean;
}

export interface EventsDesk {
  sinks(): Promise<readonly DeskSink[]>;
  /** Page by page. Undefined `sink`: of all. */
  letters(sink: string | undefined): AsyncIterable<DeskLetter>;
  /** Resolves to how many letters go out again. */
  replay(sink: string, id: string | undefined): Promise<number>;
  drop(sink: string, id: string | undefined): Promise<number>;
  /** Sends one event to a sink, at once; resolves to why it was not taken, or to undefined. */
  test(sink: string): Promise<string | undefined>;
  /** PEM. */
  publicKey(sink: string): { readonly pem: string; readonly fingerprint: string };
  /** `pem`: the key to trust; absent: that of the configuration. */
  verify(sink: string, account: string | undefined, pem: string | undefined): Promise<Verdict>;
  close(): Promise<void>;
}

const PAGE = 500;
const ATTEMPTS = 4;

export async function openEventsDesk(config: Config): Promise<EventsDesk> {
  const [clock, random] = [systemClock, systemRandom];
  const store = await openStore(config, random);
  const needs = (): SinkNeeds => {
    const log = openLog(config.logLevel);
    return { config, endpoint: endpointOf(config), clock, random, log };
  };
  const known = (name: string): SinkConfig => {
    const sink = config.events.sinks.find((one) => one.name === name);
    if (sink) return sink;
    const names = config.events.sinks.map((one) => one.name).join(', ') || 'none';
    throw new ConfigError(`BRIGADE_EVENTS has no sink "${name}"; it has ${names}.`);
  };
  const trail = (name: string): CloudTrailConfig => {
    const sink = known(name);
    if (sink.type === 'cloudtrail' && sink.hasDigest) return sink;
    throw new ConfigError(`the sink "${name}" writes no digests.`);
  };

  return {
    async sinks() {
      return (await store.sinks()).map((sink) => ({
        ...sink,
        type: config.events.sinks.find(({ name }) => name === sink.name)?.type,
      }));
    },

    async *letters(sink) {
      for (let after = 0; ;) {
        const query = { after, limit: PAGE, ...(sink === undefined ? {} : { sink }) };
        const page = await store.deadLetters(query);
        for (const { no, body, id, reason, parkedAt, isReplayed, sink: of } of page) {
          after = no;
          const message = unpackMessage(body);
          const [record] = message.records();
          const jobId = message.kind === 'jobs' ? message.turn : '';
          const [event, eventTime] = [record?.eventName ?? '', record?.eventTime ?? ''];
          yield { id, sink: of, jobId, event, eventTime, reason, parkedAt, isReplayed };
        }
        if (page.length < PAGE) return;
      }
    },

    replay: (sink, id) => store.replayLetters(sink, id),
    drop: (sink, id) => store.dropLetters(sink, id),

    async test(name) {
      const sink = openSink(known(name), needs());
      try {
        const { deliveries } = await sink.send([testMessage(config, clock)], null);
        const [delivery] = deliveries;
        return delivery?.kind === 'delivered' ? undefined : (delivery?.reason ?? 'no answer');
      } finally {
        await sink.close();
      }
    },

    publicKey(name) {
      const { publicKey, fingerprint } = trailKey(trail(name), config);
      return { pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), fingerprint };
    },

    async verify(name, account = config.account, pem) {
      const sink = trail(name);
      const key = pem === undefined ? trailKey(sink, config).publicKey : createPublicKey(pem);
      const s3 = trailClient(sink, needs());
      const { bucket, prefix } = sink;
      const place = { bucket, prefix, account, region: config.region, trail: name };
      try {
        return await verifyTrail(place, key, readerOf(s3, bucket));
      } finally {
        await s3.close();
      }
    },

    close: () => store.close(),
  };
}

/** Like any other of its kind, about a job that there is not. */
function testMessage({ account, region }: Config, clock: Clock) {
  const event = {
    seq: 0,
    id: systemRandom.hex(16),
    jobId: '00000000-0000-4000-8000-000000000000',
    account,
    name: 'JobStatusChanged',
    status: 'Complete',
    at: clock.now(),
    failures: [],
    reason: 'A test: brigade events test',
  } as const;
  return messageOfEvent(event, region);
}

/** That of the service: its sandbox, when no endpoint is configured. */
function endpointOf(config: Config): SinkNeeds['endpoint'] {
  if (config.s3) return { url: config.s3.endpoint, credentials: config.s3.credentials };
  const credentials = knownRootKey(config);
  if (credentials) return { url: `http://${config.host}:${config.sandboxPort}`, credentials };
  throw new ConfigError(
    'BRIGADE_S3_ENDPOINT: there is no endpoint, and no sandbox of a service here.',
  );
}

function readerOf(s3: S3, bucket: string): TrailReader {
  const [clock, random] = [systemClock, systemRandom];
  const retry = { attempts: ATTEMPTS, clock, random };
  const failed = (what: string): ConfigError =>
    new ConfigError(`the bucket ${bucket} cannot be read: ${what}.`);
  return {
    async *list(prefix) {
      for (let token = ''; ;) {
        const more: Record<string, string> = token === '' ? {} : { 'continuation-token': token };
        const query = { 'list-type': '2', prefix, ...more };
        const answer = await sendWithRetry(s3, { method: 'GET', bucket, query }, retry);
        const outcome = toOutcome(answer);
        if (!outcome.ok) throw failed(`${outcome.code}: ${outcome.message}`);
        const page = answer.body.toString('utf8');
        for (const object of elements(page, 'Contents')) yield elementText(object, 'Key') ?? '';
        token = elementText(page, 'NextContinuationToken') ?? '';
        if (token === '') return;
      }
    },

    async read(key) {
      const answer = await sendWithRetry(s3, { method: 'GET', bucket, key }, retry);
      const outcome = toOutcome(answer);
      if (outcome.ok) return answer;
      if (outcome.code === 'NoSuchKey') return undefined;
      throw failed(`${key}: ${outcome.code}: ${outcome.message}`);
    },
  };
}
