/** Buckets themselves: create, look at, list, delete. */
import { CreateBucketConfiguration$, ListBucketsOutput$ } from '@aws-sdk/client-s3';
import type { CreateBucketConfiguration } from '@aws-sdk/client-s3';
import { aclOfHeaders, canonicalUserId } from '../acl.ts';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import { documentOf, element, readXml, writeXml } from '../wire.ts';

/** The region that S3 leaves unnamed. */
const UNNAMED_REGION = 'us-east-1';
const BUCKETS_MAX = 10_000;

export function listBuckets({ storage, request, account = '' }: Exchange): Answer {
  const prefix = request.query.get('prefix') ?? '';
  const after = request.query.get('continuation-token') ?? '';
  const region = request.query.get('bucket-region');
  const max = request.count('max-buckets', BUCKETS_MAX);
  if (max < 1 || max > BUCKETS_MAX) {
    throw invalidArgument(
      'Argument max-buckets must be an integer between 1 and 10000',
      'max-buckets',
      String(max),
    );
  }
  const owned = storage.buckets
    .all()
    .filter((bucket) => bucket.owner === account && bucket.name.startsWith(prefix))
    .filter((bucket) => region === undefined || bucket.location === region)
    .filter((bucket) => bucket.name > after);
  const page = owned.slice(0, max);
  const isTruncated = owned.length > max;
  const body = writeXml(ListBucketsOutput$, {
    Buckets: page.map(({ name, createdMs, location }) => ({
      Name: name,
      CreationDate: new Date(createdMs),
      BucketRegion: location,
    })),
    Owner: { ID: canonicalUserId(account) },
    ...(prefix === '' ? {} : { Prefix: prefix }),
    ...(isTruncated ? { ContinuationToken: page.at(-1)?.name } : {}),
  });
  return { status: 200, body };
}

export async function createBucket(exchange: Exchange): Promise<Answer> {
  const { request, storage, sandbox, account = '' } = exchange;
  const name = request.bucket;
  refuseBadName(name);
  const ownership = request.header('x-amz-object-ownership');
  if (ownership !== undefined && ownership !== 'ObjectWriter') {
    throw notImplemented(`x-amz-object-ownership: ${ownership}`);
  }
  const hasLock = request.header('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  const location = await requestedLocation(exchange);
  const acl = aclOfHeaders(request, { owner: account, bucketOwner: account }) ?? '';
  storage.write(() => {
    const existing = storage.buckets.find(name);
    if (existing !== undefined) {
      const isOwn = existing.owner === account;
      throw new S3Error(isOwn ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists', {
        elements: { BucketName: name },
      });
    }
    const createdMs = sandbox.clock.now();
    const bucket = storage.buckets.create({ name, owner: account, createdMs, location, acl });
    if (hasLock) storage.buckets.update(bucket, { versioning: 'Enabled', settings: { lock: {} } });
  });
  return { status: 200, headers: { location: `/${name}` } };
}

async function requestedLocation({ body, sandbox }: Exchange): Promise<string> {
  const document = await body.document();
  if (document.length === 0) return sandbox.region;
  const root = 'CreateBucketConfiguration';
  const given = readXml<CreateBucketConfiguration>(CreateBucketConfiguration$, root, document);
  if (given.Bucket !== undefined || given.Location !== undefined || given.Tags !== undefined) {
    throw notImplemented('CreateBucketConfiguration with Bucket, Location or Tags');
  }
  // The sandbox plays every region, so any may be named.
  return given.LocationConstraint ?? sandbox.region;
}

/** The rules for names of general purpose buckets. */
function refuseBadName(name: string): void {
  const isWell =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(?:xn--|sthree-)/.test(name) &&
    !/(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!isWell) throw new S3Error('InvalidBucketName', { elements: { BucketName: name } });
}

export function headBucket({ bucket }: Exchange): Answer {
  return { status: 200, headers: { 'x-amz-bucket-region': bucket.location } };
}

/** Written by hand: the document's root holds the text itself. */
export function getBucketLocation({ bucket }: Exchange): Answer {
  const isUnnamed = bucket.location === UNNAMED_REGION;
  const body = isUnnamed
    ? documentOf('LocationConstraint', '')
    : element('LocationConstraint', bucket.location).replace(
        '>',
        ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      );
  return { status: 200, body };
}

export function deleteBucket({ storage, bucket }: Exchange): Answer {
  storage.write(() => {
    if (!storage.versions.isEmpty(bucket)) {
      throw new S3Error('BucketNotEmpty', { elements: { BucketName: bucket.name } });
    }
    storage.uploads.removeAll(bucket);
    storage.buckets.delete(bucket);
  });
  return { status: 204 };
}
