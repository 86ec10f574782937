// Aim: the bytes of answers are those that SDKs of every language read: `member` lists, hyphenated
// names, wrapped errors. The Go SDK knows only these spellings (aws-sdk-go-v2 generates
// IsWrappedWithErrorTag for S3 Control).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAnswer, writeError } from '../../src/api/wire.ts';
import { ApiError } from '../../src/model/api-error.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const XMLNS = ' xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"';

test('an error is wrapped, typed and escaped', () => {
  const refused = new ApiError('NotFoundException', 'No <such> job & more\u0000');
  assert.equal(
    writeError(refused, 'REQUEST', 'host'),
    `${HEAD}<ErrorResponse${XMLNS}><Error><Type>Sender</Type><Code>NotFoundException</Code><Message>No &lt;such&gt; job &amp; more\ufffd</Message></Error><RequestId>REQUEST</RequestId><HostId>host</HostId></ErrorResponse>`,
  );
  const own = new ApiError('InternalServiceException', 'm');
  assert.match(writeError(own, 'r', 'h'), /<Type>Receiver<\/Type>/);
});

test('CreateJobResult has these bytes', () => {
  assert.equal(
    writeAnswer('CreateJobResult', { JobId: 'id' }),
    `${HEAD}<CreateJobResult${XMLNS}><JobId>id</JobId></CreateJobResult>`,
  );
});

test('DescribeJobResult has these bytes', () => {
  const answer = writeAnswer('DescribeJobResult', {
    Job: {
      JobId: 'id',
      ConfirmationRequired: true,
      Status: 'Suspended',
      Operation: {
        S3PutObjectTagging: { TagSet: [{ Key: 'a & b', Value: '' }] },
        S3UpdateObjectEncryption: { ObjectEncryption: { SSEKMS: { KMSKeyArn: 'arn' } } },
        LambdaInvoke: { FunctionArn: 'f', UserArguments: { k: 'v' } },
      },
      ManifestGenerator: {
        S3JobManifestGenerator: {
          SourceBucket: 'arn:aws:s3:::b',
          EnableManifestOutput: false,
          Filter: { MatchAnyObjectEncryption: [{ NOTSSE: {} }], MatchAnyStorageClass: ['GLACIER'] },
        },
      },
      ProgressSummary: { TotalNumberOfTasks: 20_000_000_000, NumberOfTasksFailed: 0 },
      FailureReasons: [],
      CreationTime: new Date('2026-01-02T03:04:05.678Z'),
      TerminationDate: new Date('2026-01-02T03:04:05Z'),
    },
  });
  assert.equal(
    answer,
    `${HEAD}<DescribeJobResult${XMLNS}><Job><JobId>id</JobId><ConfirmationRequired>true</ConfirmationRequired><Status>Suspended</Status>` +
      '<Operation><LambdaInvoke><FunctionArn>f</FunctionArn><UserArguments><entry><key>k</key><value>v</value></entry></UserArguments></LambdaInvoke>' +
      '<S3PutObjectTagging><TagSet><member><Key>a &amp; b</Key><Value></Value></member></TagSet></S3PutObjectTagging>' +
      '<S3UpdateObjectEncryption><ObjectEncryption><SSE-KMS><KMSKeyArn>arn</KMSKeyArn></SSE-KMS></ObjectEncryption></S3UpdateObjectEncryption></Operation>' +
      '<ProgressSummary><TotalNumberOfTasks>20000000000</TotalNumberOfTasks><NumberOfTasksFailed>0</NumberOfTasksFailed></ProgressSummary><FailureReasons/>' +
      '<CreationTime>2026-01-02T03:04:05.678Z</CreationTime><TerminationDate>2026-01-02T03:04:05Z</TerminationDate>' +
      '<ManifestGenerator><S3JobManifestGenerator><SourceBucket>arn:aws:s3:::b</SourceBucket><EnableManifestOutput>false</EnableManifestOutput><Filter><MatchAnyStorageClass><member>GLACIER</member></MatchAnyStorageClass>' +
      '<MatchAnyObjectEncryption><ObjectEncryption><NOT-SSE/></ObjectEncryption></MatchAnyObjectEncryption></Filter></S3JobManifestGenerator></ManifestGenerator></Job></DescribeJobResult>',
  );
});

test('ListJobsResult has these bytes, its NextToken absent on the last page', () => {
  assert.equal(
    writeAnswer('ListJobsResult', {
      NextToken: undefined,
      Jobs: [{ JobId: 'a', Operation: 'S3ReplicateObject', Priority: 0, Status: 'New' }],
    }),
    `${HEAD}<ListJobsResult${XMLNS}><Jobs><member><JobId>a</JobId><Operation>S3ReplicateObject</Operation><Priority>0</Priority><Status>New</Status></member></Jobs></ListJobsResult>`,
  );
});

test('the small answers have these bytes', () => {
  assert.equal(
    writeAnswer('UpdateJobPriorityResult', { JobId: 'a', Priority: 7 }),
    `${HEAD}<UpdateJobPriorityResult${XMLNS}><JobId>a</JobId><Priority>7</Priority></UpdateJobPriorityResult>`,
  );
  assert.equal(
    writeAnswer('UpdateJobStatusResult', {
      JobId: 'a',
      Status: 'Ready',
      StatusUpdateReason: 'line\r\nbreak',
    }),
    `${HEAD}<UpdateJobStatusResult${XMLNS}><JobId>a</JobId><Status>Ready</Status><StatusUpdateReason>line&#x0D;&#x0A;break</StatusUpdateReason></UpdateJobStatusResult>`,
  );
  assert.equal(
    writeAnswer('GetJobTaggingResult', { Tags: [{ Key: 'k', Value: 'v' }] }),
    `${HEAD}<GetJobTaggingResult${XMLNS}><Tags><member><Key>k</Key><Value>v</Value></member></Tags></GetJobTaggingResult>`,
  );
});
