/** Tags of objects. */
import type { Answer, Exchange } from '../call.ts';
import { versionHeader } from '../object-headers.ts';
import { taggingDocument, tagsOfDocument } from '../tags.ts';

export async function putObjectTagging(exchange: Exchange): Promise<Answer> {
  return setTags(exchange, tagsOfDocument(await exchange.body.document()), 200);
}

export function deleteObjectTagging(exchange: Exchange): Answer {
  return setTags(exchange, '[]', 204);
}

function setTags(exchange: Exchange, tags: string, status: number): Answer {
  const { storage } = exchange;
  const row = storage.write(() => {
    const target = exchange.target();
    storage.versions.set(target, 'tags', tags);
    return target;
  });
  return { status, headers: versionHeader(exchange.bucket, row.versionId) };
}

export function getObjectTagging(exchange: Exchange): Answer {
  const row = exchange.target();
  return {
    status: 200,
    headers: versionHeader(exchange.bucket, row.versionId),
    body: taggingDocument(row.tags),
  };
}
