/** What the per-object paths share: settled once per job, so that a task builds one small object. */
import { hash } from 'node:crypto';
import { failed, type Task } from '../model/outcome.ts';
import type { S3Request } from '../s3/index.ts';
import { sha256Hex } from '../sigv4/index.ts';
import type { RunTask } from './operation.ts';

/**
 * Refuses rows that name no object. Without it an empty key would make a request about an object
 * into one about its whole bucket.
 */
export function onObjects(run: RunTask): RunTask {
  return (task, stopping) =>
    task.bucket === '' || task.key === ''
      ? Promise.resolve(
          failed(400, 'InvalidRequest', 'The manifest row names an empty bucket or key.'),
        )
      : run(task, stopping);
}

/** The query for a sub-resource of the task's object, or of its version. */
export type ObjectQuery = (task: Task) => Readonly<Record<string, string>>;

export function queryOf(subresource: string): ObjectQuery {
  const current = { [subresource]: '' };
  return (task) =>
    task.versionId === undefined ? current : { [subresource]: '', versionId: task.versionId };
}

export type PreparedBody = Required<Pick<S3Request, 'headers' | 'body' | 'bodySha256'>>;

/**
 * One XML body for all tasks of a job, hashed once. Content-MD5 costs nothing per task either, and
 * S3's model marks tagging, ACL and lock requests as needing it or a newer checksum header that
 * older stores don't read.
 */
export function xmlBody(xml: string): PreparedBody {
  const body = Buffer.from(xml, 'utf8');
  return {
    headers: { 'content-type': 'application/xml', 'content-md5': hash('md5', body, 'base64') },
    body,
    bodySha256: sha256Hex(body),
  };
}

export const S3_XMLNS = 'http://s3.amazonaws.com/doc/2006-03-01/';
