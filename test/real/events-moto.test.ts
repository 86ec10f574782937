/** PutEvents against moto: a rule with the pattern that everybody uses, and a queue as its target. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { eventBridgeSink, type Sink } from '../../src/events/index.ts';
import { sample } from '../events/samples.ts';
import { startMoto } from './moto.ts';

const PATTERN = {
  source: ['aws.s3'],
  'detail-type': ['AWS Service Event via CloudTrail'],
  detail: {
    eventSource: ['s3.amazonaws.com'],
    eventName: ['JobCreated', 'JobStatusChanged'],
    serviceEventDetails: { status: ['Active', 'Failed'] },
  },
};

let moto: Awaited<ReturnType<typeof startMoto>>;

before(async () => {
  moto = await startMoto();
});

after(() => moto.stop());

function sinkAt(endpoint: string, bus = 'default'): Sink {
  const { region, credentials } = moto;
  const base = { name: 'bus', wants: ['jobs'], source: 'aws.s3' } as const;
  return eventBridgeSink({ ...base, bus, endpoint, region, credentials });
}

/** SQS, in a query and in XML. */
async function sqs(parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Version: '2012-11-05', ...parameters }).toString();
  const { host } = new URL(moto.endpoint);
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const signer = createSigner({
    ...moto.credentials,
    region: moto.region,
    // moto finds the service by it; the signer's type names those that the product speaks to.
    service: 'sqs' as 's3',
  });
  const signed = { method: 'POST', path: '/', query: '', headers, payloadHash: sha256Hex(body) };
  const { host: _, ...sent } = { ...headers, ...signer.sign(signed, Date.now()) };
  const answer = await fetch(`${moto.endpoint}/`, { method: 'POST', headers: sent, body });
  return answer.text();
}

const textOf = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';

test('a rule on S3 Batch Operations matches our events, and its target receives them', async () => {
  const created = await sqs({ Action: 'CreateQueue', QueueName: 'jobs' });
  const queue = textOf(created, 'QueueUrl');
  assert.ok(queue, created);
  const { endpoint, region, credentials } = moto;
  const client = new EventBridgeClient({ endpoint, region, credentials });
  await client.send(new PutRuleCommand({ Name: 'r', EventPattern: JSON.stringify(PATTERN) }));
  const Arn = `arn:aws:sqs:${region}:123456789012:jobs`;
  await client.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: '1', Arn }] }));
  const sink = sinkAt(endpoint);
  const batch = Array.from({ length: 10 }, (_, i) => sample(`job-${i}`));
  const { deliveries } = await sink.send(batch, null);
  assert.deepEqual(
    deliveries,
    batch.map(() => ({ kind: 'delivered' })),
  );
  const seen: string[] = [];
  for (let i = 0; i < 10; i++) {
    const received = await sqs({ Action: 'ReceiveMessage', QueueUrl: queue });
    const body = textOf(received, 'Body').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    const event = JSON.parse(body) as {
      readonly source: string;
      readonly detail: { readonly eventID: string; readonly requestParameters?: unknown };
    };
    assert.equal(event.source, 'aws.s3');
    assert.ok(!('requestParameters' in event.detail));
    seen.push(event.detail.eventID);
    const receipt = textOf(received, 'ReceiptHandle');
    await sqs({ Action: 'DeleteMessage', QueueUrl: queue, ReceiptHandle: receipt });
  }
  const ids = batch.map((message) => message.records()[0]?.eventID);
  assert.deepEqual(seen.sort(), ids.sort());
  client.destroy();
  await sink.close();
});

test('a bus that is not there keeps its events waiting', async () => {
  const sink = sinkAt(moto.endpoint, 'no-such-bus');
  const [delivery] = (await sink.send([sample('j')], null)).deliveries;
  assert.equal(delivery?.kind, 'later');
  await sink.close();
});

test('of a batch only what was not taken is tried again, and only what is wrong in itself refused', async () => {
  const bodies: { Entries: { Detail: string }[] }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(pieces).toString()) as (typeof bodies)[number]);
      const failed = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: 'no' });
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(
        JSON.stringify({
          FailedEntryCount: 3,
          Entries: [
            { EventId: '1' },
            failed('ThrottlingException'),
            failed('MalformedDetail'),
            failed('NotAuthorizedForSourceException'),
          ],
        }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const sink = sinkAt(`http://127.0.0.1:${port}`);
  const { deliveries } = await sink.send(
    ['a', 'b', 'c', 'd', 'e'].map((id) => sample(id)),
    null,
  );
  assert.deepEqual(
    deliveries.map(({ kind }) => kind),
    ['delivered', 'later', 'refused', 'later', 'later'],
    'the fifth is not in the answer',
  );
  assert.equal(bodies.length, 1);
  await sink.close();
  server.closeAllConnections();
  server.close();
});
