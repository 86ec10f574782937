/** Inventory configurations of a bucket: checked and kept; the sandbox writes no inventories. */
import {
  InventoryConfiguration$,
  InventoryOptionalField,
  ListBucketInventoryConfigurationsOutput$,
} from '@aws-sdk/client-s3';
import type { InventoryConfiguration } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import type { Bucket } from '../storage/buckets.ts';
import { oneOf, readXml, writeXml } from '../wire.ts';

const CONFIGURATIONS_MAX = 1000;
/** S3 lists a hundred at a time. */
const PAGE = 100;

export async function putBucketInventoryConfiguration(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.document();
  const root = 'InventoryConfiguration';
  const given = readXml<InventoryConfiguration>(InventoryConfiguration$, root, document);
  const id = requireId(exchange);
  const checked = checkedConfiguration(given, id);
  change(exchange, (present) => {
    const next = { ...present, [id]: checked };
    if (Object.keys(next).length > CONFIGURATIONS_MAX) throw new S3Error('TooManyConfigurations');
    return next;
  });
  return { status: 204 };
}

function requireId({ request }: Exchange): string {
  const id = request.query.get('id') ?? '';
  if (/^[a-zA-Z0-9._-]{1,64}$/.test(id) && id !== '__proto__') return id;
  throw invalidArgument('The specified configuration id is not valid.', 'id', id);
}

function checkedConfiguration(
  given: Partial<InventoryConfiguration>,
  id: string,
): InventoryConfiguration {
  const { Destination, IsEnabled, Id, Schedule, IncludedObjectVersions, OptionalFields } = given;
  const destination = Destination?.S3BucketDestination;
  if (destination === undefined || IsEnabled === undefined || Id === undefined) {
    throw new S3Error('MalformedXML');
  }
  if (Id !== id) throw new S3Error('IdMismatch');
  const fields = Object.values(InventoryOptionalField);
  for (const field of OptionalFields ?? []) oneOf(field, fields);
  oneOf(destination.Format, ['CSV', 'ORC', 'Parquet']);
  if (!/^arn:aws[a-z-]*:s3:::[^/]+$/.test(destination.Bucket ?? '')) {
    throw new S3Error('InvalidS3DestinationBucket');
  }
  return {
    ...given,
    ...{ Destination, IsEnabled, Id },
    Schedule: { Frequency: oneOf(Schedule?.Frequency, ['Daily', 'Weekly'] as const) },
    IncludedObjectVersions: oneOf(IncludedObjectVersions, ['All', 'Current'] as const),
  };
}

type Configurations = Readonly<Record<string, InventoryConfiguration>>;

function configurationsOf(bucket: Bucket): Configurations {
  return bucket.settings.inventory ?? {};
}

function change(exchange: Exchange, how: (present: Configurations) => Configurations): void {
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    const inventory = how(configurationsOf(bucket));
    storage.buckets.update(bucket, { settings: { ...bucket.settings, inventory } });
  });
}

function requireConfiguration(present: Configurations, id: string): InventoryConfiguration {
  const found = Object.hasOwn(present, id) ? present[id] : undefined;
  if (found === undefined) throw new S3Error('NoSuchConfiguration');
  return found;
}

export function getBucketInventoryConfiguration(exchange: Exchange): Answer {
  const id = requireId(exchange);
  const found = requireConfiguration(configurationsOf(exchange.bucket), id);
  return { status: 200, body: writeXml(InventoryConfiguration$, found) };
}

export function listBucketInventoryConfigurations({ bucket, request }: Exchange): Answer {
  const after = request.query.get('continuation-token') ?? '';
  const left = Object.values(configurationsOf(bucket))
    .filter(({ Id = '' }) => Id > after)
    .sort((a, b) => ((a.Id ?? '') < (b.Id ?? '') ? -1 : 1));
  const page = left.slice(0, PAGE);
  const isTruncated = left.length > PAGE;
  const body = writeXml(ListBucketInventoryConfigurationsOutput$, {
    ...(after === '' ? {} : { ContinuationToken: after }),
    InventoryConfigurationList: page,
    IsTruncated: isTruncated,
    ...(isTruncated ? { NextContinuationToken: page.at(-1)?.Id } : {}),
  });
  return { status: 200, body };
}

export function deleteBucketInventoryConfiguration(exchange: Exchange): Answer {
  const id = requireId(exchange);
  change(exchange, (present) => {
    requireConfiguration(present, id);
    const { [id]: _removed, ...others } = present;
    return others;
  });
  return { status: 204 };
}
