// A function for S3 Batch Operations: counts the lines of each object. It runs on AWS Lambda as it
// is, and here without Lambda: see docs/FUNCTIONS.md.
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

// Bucket Brigade sets AWS_ENDPOINT_URL_S3, AWS_REGION and a key for its own store.
const s3 = new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined });

export async function handler(event) {
  const [task] = event.tasks;
  return {
    invocationSchemaVersion: event.invocationSchemaVersion,
    treatMissingKeysAs: 'PermanentFailure',
    invocationId: event.invocationId,
    results: [{ taskId: task.taskId, ...(await resultOf(task)) }],
  };
}

async function resultOf(task) {
  try {
    const object = await s3.send(
      new GetObjectCommand({
        Bucket: task.s3Bucket ?? task.s3BucketArn.split(':::')[1],
        // Keys arrive as the manifest spells them: URL-encoded.
        Key: decodeURIComponent(task.s3Key.replaceAll('+', ' ')),
        ...(task.s3VersionId === null ? {} : { VersionId: task.s3VersionId }),
      }),
    );
    let lines = 0;
    for await (const bytes of object.Body) for (const byte of bytes) if (byte === 10) lines += 1;
    return { resultCode: 'Succeeded', resultString: `${lines} lines` };
  } catch (error) {
    const isAway = error.name === 'NoSuchKey' || error.name === 'NoSuchVersion';
    // A temporary failure is tried again, a permanent one is not.
    const resultCode = isAway ? 'PermanentFailure' : 'TemporaryFailure';
    return { resultCode, resultString: `${error.name}: ${error.message}` };
  }
}
