/** The store's buckets and objects, for choosing manifests, sources and report places. */
import type { S3Request } from '../../s3/index.ts';
import { elements, elementText } from '../../s3/index.ts';
import { storeRefused } from './console-error.ts';
import { anywhere, bucketNeed, objectNeed } from './may.ts';
import type { View, ViewDeps } from './deps.ts';
import { neededParameter, textParameter } from './parameters.ts';

const PAGE_KEYS = 100;

export const bucketsView: View = {
  method: 'GET',
  path: 'buckets',
  needs: anywhere('s3:ListAllMyBuckets'),

  async run({ signal }, deps) {
    const xml = await listed({ method: 'GET' }, 'The list of buckets', deps, signal);
    const buckets = elements(xml, 'Bucket').map((bucket) => ({
      name: elementText(bucket, 'Name') ?? '',
      createdAt: elementText(bucket, 'CreationDate'),
    }));
    return { buckets };
  },
};

/** One level below a prefix: folders and objects. */
export const objectsView: View = {
  method: 'GET',
  path: 'objects',

  needs: async ({ query }) => {
    return [bucketNeed(neededParameter(query, 'bucket', 255), textParameter(query, 'prefix'))];
  },

  async run({ query, signal }, deps) {
    const bucket = neededParameter(query, 'bucket', 255);
    const token = textParameter(query, 'from', 4096);
    const asked: S3Request = {
      method: 'GET',
      bucket,
      query: {
        'list-type': '2',
        delimiter: '/',
        'encoding-type': 'url',
        'max-keys': String(PAGE_KEYS),
        prefix: textParameter(query, 'prefix'),
        ...(token === '' ? {} : { 'continuation-token': token }),
      },
    };
    const xml = await listed(asked, `The bucket ${bucket}`, deps, signal);
    const isMore = elementText(xml, 'IsTruncated') === 'true';
    return {
      folders: elements(xml, 'CommonPrefixes').map((one) => keyOf(one, 'Prefix')),
      objects: elements(xml, 'Contents').map((one) => ({
        key: keyOf(one, 'Key'),
        size: Number(elementText(one, 'Size') ?? 0),
        modifiedAt: elementText(one, 'LastModified'),
      })),
      next: isMore ? elementText(xml, 'NextContinuationToken') : undefined,
    };
  },
};

export const objectView: View = {
  method: 'GET',
  path: 'object',

  needs: async ({ query }) => [objectNeed(...placeOf(query))],

  async run({ query, signal }, { s3 }) {
    const [bucket, key] = placeOf(query);
    const answer = await s3.send({ method: 'HEAD', bucket, key }, signal);
    if (answer.status !== 200) throw storeRefused(answer, `The object ${bucket}/${key}`);
    const { headers } = answer;
    return {
      etag: (headers['etag'] ?? '').replaceAll('"', ''),
      size: Number(headers['content-length'] ?? 0),
      modifiedAt: headers['last-modified'],
      versionId: headers['x-amz-version-id'],
    };
  },
};

function placeOf(query: URLSearchParams): [bucket: string, key: string] {
  return [neededParameter(query, 'bucket', 255), neededParameter(query, 'key', 4096)];
}

async function listed(
  request: S3Request,
  what: string,
  { s3 }: ViewDeps,
  signal: AbortSignal,
): Promise<string> {
  const answer = await s3.send(request, signal);
  if (answer.status !== 200) throw storeRefused(answer, what);
  return answer.body.toString('utf8');
}

/** Keys come URL-encoded, so that every one of them survives XML. */
function keyOf(xml: string, name: string): string {
  const text = elementText(xml, name) ?? '';
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
