/** Messages for tests of sinks. */
import { type Message, messageOfEvent } from '../../src/events/index.ts';
import { T0 } from '../contract/store.contract.ts';
import { REGION } from './world.ts';

let counter = 0;

export function sample(jobId: string, at = T0, account = '123456789012'): Message {
  const id = (++counter).toString(16).padStart(32, '0');
  const event = { seq: counter, id, jobId, account, at, failures: [], status: 'Active' } as const;
  return messageOfEvent({ ...event, name: 'JobStatusChanged' }, REGION);
}
