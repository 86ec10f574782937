/** Object Lock: the bucket's configuration, and retention and legal hold of versions. */
import {
  ObjectLockConfiguration$,
  ObjectLockLegalHold$,
  ObjectLockRetention$,
} from '@aws-sdk/client-s3';
import type {
  ObjectLockConfiguration,
  ObjectLockLegalHold,
  ObjectLockRetention,
  DefaultRetention as RetentionRule,
} from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { notImplemented, S3Error } from '../errors.ts';
import {
  isBypassing,
  LOCK_MODES,
  type ObjectLock,
  parseLock,
  refuseRetention,
  type Retention,
} from '../lock.ts';
import { versionHeader } from '../object-headers.ts';
import type { Bucket, DefaultRetention } from '../storage/buckets.ts';
import type { VersionRow } from '../storage/versions.ts';
import { oneOf, readXml, writeXml } from '../wire.ts';

/** S3 keeps for a hundred years at most. */
const COUNT_MAX = { Days: 36_500, Years: 100 } as const;

export async function putObjectLockConfiguration(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const root = 'ObjectLockConfiguration';
  const given = readXml<ObjectLockConfiguration>(ObjectLockConfiguration$, root, document);
  oneOf(given.ObjectLockEnabled, ['Enabled']);
  const retention = defaultRetentionOf(given);
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    if (bucket.versioning !== 'Enabled') {
      throw new S3Error('InvalidBucketState', {
        message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      });
    }
    const lock = retention === undefined ? {} : { retention };
    storage.buckets.update(bucket, { settings: { ...bucket.settings, lock } });
  });
  return { status: 200 };
}

function defaultRetentionOf({ Rule: rule }: ObjectLockConfiguration): DefaultRetention | undefined {
  if (rule === undefined) return undefined;
  const given: RetentionRule | undefined = rule.DefaultRetention;
  if (given === undefined) throw new S3Error('MalformedXML');
  if (given.DefaultEventHold !== undefined) throw notImplemented('DefaultEventHold');
  const { Days: days, Years: years } = given;
  const mode = oneOf(given.Mode, LOCK_MODES);
  if ((days === undefined) === (years === undefined)) throw new S3Error('MalformedXML');
  const unit = days === undefined ? 'Years' : 'Days';
  const count = days ?? years ?? 0;
  const refuse = (message: string): S3Error =>
    new S3Error('InvalidArgument', { message, elements: { ArgumentName: unit } });
  if (count < 1) throw refuse('Default retention period must be a positive integer value.');
  if (count > COUNT_MAX[unit]) throw refuse('Default retention period is too large.');
  return { mode, count, unit };
}

export function getObjectLockConfiguration({ bucket }: Exchange): Answer {
  const { lock } = bucket.settings;
  if (lock === undefined) {
    const elements = { BucketName: bucket.name };
    throw new S3Error('ObjectLockConfigurationNotFoundError', { elements });
  }
  const { retention } = lock;
  const body = writeXml(ObjectLockConfiguration$, {
    ObjectLockEnabled: 'Enabled',
    ...(retention === undefined
      ? {}
      : {
          Rule: { DefaultRetention: { Mode: retention.mode, [retention.unit]: retention.count } },
        }),
  });
  return { status: 200, body };
}

export async function putObjectRetention(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const given = readXml<ObjectLockRetention>(ObjectLockRetention$, 'Retention', document);
  if (given.EventHold !== undefined || given.EventHoldDuration !== undefined) {
    throw notImplemented('EventHold');
  }
  const next = retentionOf(given);
  const { sandbox, request } = exchange;
  return changeLock(exchange, (lock, bucket) => {
    refuseRetention(lock.retention, next, {
      nowMs: sandbox.clock.now(),
      isBypassed: isBypassing(request, bucket),
    });
    const { retention: _previous, ...others } = lock;
    return next === undefined ? others : { ...others, retention: next };
  });
}

/** Neither mode nor date: no retention. */
function retentionOf(given: ObjectLockRetention): Retention | undefined {
  const { Mode: mode, RetainUntilDate: until } = given;
  if (mode === undefined && until === undefined) return undefined;
  const untilMs = until?.getTime() ?? Number.NaN;
  if (Number.isNaN(untilMs)) throw new S3Error('MalformedXML');
  return { mode: oneOf(mode, LOCK_MODES), untilMs };
}

export async function putObjectLegalHold(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const given = readXml<ObjectLockLegalHold>(ObjectLockLegalHold$, 'LegalHold', document);
  const hold = oneOf(given.Status, ['ON', 'OFF'] as const);
  return changeLock(exchange, (lock) => ({ ...lock, hold }));
}

function changeLock(
  exchange: Exchange,
  change: (lock: ObjectLock, bucket: Bucket) => ObjectLock,
): Answer {
  const { storage } = exchange;
  const row = storage.write(() => {
    const { row, bucket } = lockable(exchange);
    const lock = change(parseLock(row.lock), bucket);
    storage.versions.set(row, 'lock', JSON.stringify(lock));
    return row;
  });
  return { status: 200, headers: versionHeader(exchange.bucket, row.versionId) };
}

/** The version that the request names, in a bucket with Object Lock. */
function lockable(exchange: Exchange): { readonly row: VersionRow; readonly bucket: Bucket } {
  const bucket = exchange.bucketNow;
  if (bucket.settings.lock === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Bucket is missing Object Lock Configuration',
    });
  }
  return { row: exchange.target(), bucket };
}

export function getObjectRetention(exchange: Exchange): Answer {
  const { retention } = parseLock(lockable(exchange).row.lock);
  if (retention === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
  const RetainUntilDate = new Date(retention.untilMs);
  const body = writeXml(ObjectLockRetention$, { Mode: retention.mode, RetainUntilDate });
  return { status: 200, body };
}

export function getObjectLegalHold(exchange: Exchange): Answer {
  const { hold } = parseLock(lockable(exchange).row.lock);
  if (hold === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
  return { status: 200, body: writeXml(ObjectLockLegalHold$, { Status: hold }) };
}
