/** A change of a job's status as CloudTrail records it: JobCreated, then JobStatusChanged. */
import type { OutboxEvent } from '../store/index.ts';
import { secondOf, type TrailRecord, uuidOf } from './trail-record.ts';

const S3 = 's3.amazonaws.com';

export function serviceRecord(event: OutboxEvent, region: string): TrailRecord {
  const { id, jobId, account, name, status, at, failures, reason } = event;
  // No populated example of AWS's two lists is public: codes in one, sentences in the other.
  const reasons = reason === undefined ? failures.map((failure) => failure.reason) : [reason];
  return {
    eventVersion: '1.05',
    userIdentity: { accountId: account, invokedBy: S3 },
    eventTime: secondOf(at),
    eventSource: S3,
    eventName: name,
    awsRegion: region,
    sourceIPAddress: S3,
    userAgent: S3,
    requestParameters: null,
    responseElements: null,
    eventID: uuidOf(id),
    readOnly: false,
    eventType: 'AwsServiceEvent',
    recipientAccountId: account,
    serviceEventDetails: {
      jobId,
      jobArn: `arn:aws:s3:${region}:${account}:job/${jobId}`,
      status,
      jobEventId: id,
      failureCodes: failures.map(({ code }) => code),
      statusChangeReason: reasons,
    },
  };
}
