import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Again } from '../../src/model/outcome.ts';
import { againOf } from '../../src/s3/index.ts';

/** The golden table: what was decided, for a reader to check line by line. */
const GOLDEN: readonly (readonly [status: number, code: string, again: Again])[] = [
  [0, '', 'later'],
  [200, 'InternalError', 'later'],
  [200, 'SlowDown', 'slow-down'],
  [200, 'NoSuchKey', 'never'],
  [301, 'PermanentRedirect', 'never'],
  [304, 'NotModified', 'never'],
  [307, 'TemporaryRedirect', 'later'],
  [400, 'BadRequest', 'never'],
  [400, 'ExpiredToken', 'later'],
  [400, 'IncompleteBody', 'later'],
  [400, 'InvalidRequest', 'never'],
  [400, 'InvalidTag', 'never'],
  [400, 'KMS.ThrottlingException', 'slow-down'],
  [400, 'MalformedXML', 'never'],
  [400, 'RequestTimeout', 'later'],
  [403, 'AccessDenied', 'never'],
  [403, 'InvalidAccessKeyId', 'never'],
  [403, 'InvalidObjectState', 'never'],
  [403, 'RequestTimeTooSkewed', 'later'],
  [403, 'SignatureDoesNotMatch', 'never'],
  [404, 'NoSuchBucket', 'never'],
  [404, 'NoSuchKey', 'never'],
  [404, 'NoSuchUpload', 'never'],
  [404, 'NoSuchVersion', 'never'],
  [405, 'MethodNotAllowed', 'never'],
  [408, 'RequestTimeout', 'later'],
  [408, 'HTTP408', 'later'],
  [409, 'BucketAlreadyExists', 'never'],
  [409, 'ConditionalRequestConflict', 'later'],
  [409, 'OperationAborted', 'later'],
  [412, 'PreconditionFailed', 'never'],
  [413, 'EntityTooLarge', 'never'],
  [429, 'TooManyRequests', 'slow-down'],
  [429, 'Anything', 'slow-down'],
  [500, 'InternalError', 'later'],
  [500, 'Anything', 'later'],
  [501, 'NotImplemented', 'never'],
  [502, 'BadGateway', 'later'],
  [503, 'ServiceUnavailable', 'slow-down'],
  [503, 'SlowDown', 'slow-down'],
  [503, 'SlowDownWrite', 'slow-down'],
  [503, 'Anything', 'slow-down'],
  [504, 'GatewayTimeout', 'later'],
  [505, 'HTTP505', 'never'],
  [507, 'XMinioStorageFull', 'later'],
  [400, 'constructor', 'never'],
];

test('every answer is retried, or not, as the golden table says', () => {
  for (const [status, code, again] of GOLDEN) {
    assert.equal(againOf(status, code), again, `${status} ${code}`);
  }
});
