/** A store that writes down what it is asked and answers what it is told, and jobs to run on it. */
import type { JobOperation } from '@aws-sdk/client-s3-control';
import type { JobRequest } from '../../src/model/job.ts';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import type { OperationName } from '../../src/model/vocabulary.ts';
import { type Opened, OPERATIONS } from '../../src/operations/index.ts';
import type { S3, S3Answer, S3Request, StoreTraits } from '../../src/s3/index.ts';
import { placeOn } from './place.ts';

export type Answering = (request: S3Request) => S3Answer | undefined;

const GENERIC: StoreTraits = {
  name: 'S3',
  copyIgnoresTagging: false,
  copyIgnoresConditions: false,
  copyIgnoresLock: false,
};

export class FakeS3 implements S3 {
  readonly requests: S3Request[] = [];
  readonly #answering: Answering;
  readonly #traits: StoreTraits | undefined;

  /** What `answering` leaves open is an empty 200, and a whole result for a copy. */
  constructor(answering: Answering = () => undefined, traits: StoreTraits | undefined = GENERIC) {
    this.#answering = answering;
    this.#traits = traits;
  }

  send(request: S3Request): Promise<S3Answer> {
    this.requests.push(request);
    const isCopy = request.headers?.['x-amz-copy-source'] !== undefined;
    const usual = answer(200, isCopy ? '<CopyObjectResult></CopyObjectResult>' : '');
    return Promise.resolve(this.#answering(request) ?? usual);
  }

  open(): Promise<S3Answer> {
    return Promise.reject(new Error('No operation opens a stream.'));
  }

  traits(): Promise<StoreTraits | undefined> {
    return Promise.resolve(this.#traits);
  }
}

/** A store that did not say what it is. */
export class SilentS3 extends FakeS3 {
  override traits(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

export function answer(
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): S3Answer {
  return { status, headers, body: Buffer.from(body) };
}

export const TASK: Task = { bucket: 'source', key: 'a b/ü+', manifestKey: 'a%20b/%C3%BC%2B' };
export const SIGNAL = new AbortController().signal;

export function requestOf(operation: JobOperation): JobRequest {
  return {
    AccountId: '123456789012',
    Operation: operation,
    Report: { Enabled: false },
    ClientRequestToken: 'token',
    Priority: 1,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
  };
}

function nameOf(operation: JobOperation): OperationName {
  // True: a JobOperation's members are the names of the operations.
  return Object.keys(operation)[0] as OperationName;
}

/** `field: message` of every problem. */
export function problems(operation: JobOperation): string[] {
  return OPERATIONS[nameOf(operation)]
    .check(requestOf(operation))
    .map(({ field, message }) => `${field}: ${message}`);
}

export function open(operation: JobOperation, s3: S3): Promise<Opened> {
  return OPERATIONS[nameOf(operation)].open(requestOf(operation), placeOn(s3), SIGNAL);
}

/** Opens and runs one task. */
export async function run(operation: JobOperation, s3: S3, task = TASK): Promise<Outcome> {
  const opened = await open(operation, s3);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.run(task, SIGNAL);
}
