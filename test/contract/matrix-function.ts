/**
 * A function for LambdaInvoke that works on a store: it reads the object of its task and writes what
 * it found to the bucket that the job's arguments name.
 */
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

interface Event {
  readonly invocationId: string;
  readonly job: { readonly userArguments: Readonly<Record<string, string>> };
  readonly tasks: readonly [
    {
      readonly taskId: string;
      readonly s3Bucket: string;
      readonly s3Key: string;
      readonly s3VersionId: string | null;
    },
  ];
}

const { ENDPOINT = '', ACCESS_KEY = '', SECRET_KEY = '' } = process.env;
const sdk = new S3Client({
  endpoint: ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  forcePathStyle: true,
});

export async function handler({ invocationId, job, tasks: [task] }: Event): Promise<unknown> {
  const { taskId } = task;
  return {
    invocationSchemaVersion: '2.0',
    treatMissingKeysAs: 'PermanentFailure',
    invocationId,
    results: [{ taskId, ...(await reverse(task, job.userArguments['target'] ?? '')) }],
  };
}

/** Writes the object's characters in the opposite order, under the same key. */
async function reverse(task: Event['tasks'][0], target: string): Promise<object> {
  // The manifest's spelling is the event's.
  const Key = decodeURIComponent(task.s3Key);
  try {
    const object = { Bucket: task.s3Bucket, Key, VersionId: task.s3VersionId ?? undefined };
    const { Body } = await sdk.send(new GetObjectCommand(object));
    const text = (await Body?.transformToString()) ?? '';
    const reversed = [...text].reverse().join('');
    await sdk.send(new PutObjectCommand({ Bucket: target, Key, Body: reversed }));
    return { resultCode: 'Succeeded', resultString: `reversed ${text.length}` };
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    return { resultCode: 'PermanentFailure', resultString: name };
  }
}
