/**
 * What sinks are given: one message for each change of a job's status, each API call and each chunk
 * whose tasks are recorded, with the CloudTrail records that say it.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { OutboxEvent, OutboxRecord } from '../store/index.ts';
import { serviceRecord } from './service-record.ts';
import type { TrailRecord } from './trail-record.ts';

export const MESSAGE_KINDS = ['jobs', 'calls', 'tasks'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

export interface Message {
  /** 32 hex characters; receivers see it as the eventID of its record. */
  readonly id: string;
  /** Messages that share it are delivered in their order. */
  readonly turn: string;
  readonly kind: MessageKind;
  readonly account: string;
  readonly at: number;
  /** How many records; one, but for tasks. */
  readonly count: number;
  /** Made when they are asked for: those of a chunk are a thousand. */
  records(): readonly TrailRecord[];
}

export function messageOfEvent(event: OutboxEvent, region: string): Message {
  const { id, jobId, account, at } = event;
  const records = (): TrailRecord[] => [serviceRecord(event, region)];
  return { id, turn: jobId, kind: 'jobs', account, at, count: 1, records };
}

/** Records of calls and tasks may come in any order: each has a turn of its own. */
export function messageOfRecord({ id, kind, account, at, body }: OutboxRecord): Message {
  return { id, turn: id, kind, account, at, ...unpackRecords(body) };
}

/** Their number, and the JSON of all of them, compressed. */
export function packRecords(records: readonly TrailRecord[]): string {
  return `${records.length}:${gzipSync(JSON.stringify(records)).toString('base64')}`;
}

function unpackRecords(body: string): Pick<Message, 'count' | 'records'> {
  const [count = '', packed = ''] = body.split(':');
  const records = (): TrailRecord[] =>
    // Written by `packRecords` only.
    JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8')) as TrailRecord[];
  return { count: Number(count), records };
}

/** For a letter. */
export function packMessage({ id, turn, kind, account, at, records }: Message): string {
  return JSON.stringify({ id, turn, kind, account, at, body: packRecords(records()) });
}

type Packed = Omit<Message, 'count' | 'records'> & { readonly body: string };

export function unpackMessage(text: string): Message {
  // Written by `packMessage` only.
  const { body, ...rest } = JSON.parse(text) as Packed;
  return { ...rest, ...unpackRecords(body) };
}
