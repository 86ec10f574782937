/** A record in the envelopes that receivers know: EventBridge's, and CloudEvents 1.0. */
import type { Message } from './message.ts';
import type { TrailRecord } from './trail-record.ts';

export interface BridgeEvent {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What EventBridge leaves out of a service event. */
const LEFT_OUT = ['requestParameters', 'responseElements', 'recipientAccountId'];

export function bridgeEvent(record: TrailRecord): BridgeEvent {
  if (record['eventType'] !== 'AwsServiceEvent') {
    return { 'detail-type': 'AWS API Call via CloudTrail', detail: record };
  }
  const kept = Object.entries(record).filter(([name]) => !LEFT_OUT.includes(name));
  return { 'detail-type': 'AWS Service Event via CloudTrail', detail: Object.fromEntries(kept) };
}

/** As a rule's target receives it. */
export function bridgeEnvelope(message: Message, record: TrailRecord, source: string): object {
  const { 'detail-type': type, detail } = bridgeEvent(record);
  return {
    version: '0',
    id: record.eventID,
    'detail-type': type,
    source,
    account: message.account,
    time: record.eventTime,
    region: record['awsRegion'],
    resources: [],
    detail,
  };
}

/** Structured mode; the data is CloudTrail's record. */
export function cloudEvent(message: Message, record: TrailRecord): object {
  return {
    specversion: '1.0',
    id: record.eventID,
    source: `arn:aws:s3:${String(record['awsRegion'])}:${message.account}`,
    type: `bucket-brigade.${record.eventName}`,
    ...(message.kind === 'jobs' ? { subject: `job/${message.turn}` } : {}),
    time: record.eventTime,
    datacontenttype: 'application/json',
    data: record,
  };
}
