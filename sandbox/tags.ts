/** Tag sets of objects: S3's limits, and the three forms (document, header, stored JSON). */
import { GetObjectTaggingOutput$, Tagging$ } from '@aws-sdk/client-s3';
import type { Tagging } from '@aws-sdk/client-s3';
import { decodeQuery } from '../src/sigv4/index.ts';
import { invalidArgument, S3Error } from './errors.ts';
import { readXml, writeXml } from './wire.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

const TAGS_MAX = 10;
const KEY_CHARS_MAX = 128;
const VALUE_CHARS_MAX = 256;
/** Letters, spaces and numbers of any script, and `_ . : / = + - @`. */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The tags of a Tagging document, as stored JSON. */
export function tagsOfDocument(body: Buffer): string {
  const tagging = readXml<Tagging>(Tagging$, 'Tagging', body);
  if (tagging.TagSet === undefined) throw new S3Error('MalformedXML');
  const tags = tagging.TagSet.map(({ Key, Value }) => {
    // The shape says both are strings, the reader leaves out what the document leaves out.
    if (typeof Key !== 'string' || typeof Value !== 'string') throw new S3Error('MalformedXML');
    return { Key, Value };
  });
  refuseBadTags(tags);
  return JSON.stringify(tags);
}

/** The tags of an `x-amz-tagging` header, as stored JSON. */
export function tagsOfHeader(value: string | undefined): string {
  if (value === undefined || value === '') return '[]';
  const tags = decodeQuery(value).map(([Key, Value]) => ({ Key, Value }));
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      value,
    );
  }
  refuseBadTags(tags);
  return JSON.stringify(tags);
}

function refuseBadTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) {
    throw new S3Error('BadRequest', { message: `Object tags cannot be greater than ${TAGS_MAX}` });
  }
  for (const { Key, Value } of tags) {
    const refuse = (message: string): S3Error =>
      new S3Error('InvalidTag', { message, elements: { TagKey: Key } });
    if (Key === '' || Key.length > KEY_CHARS_MAX || !ALLOWED.test(Key)) {
      throw refuse('The TagKey you have provided is invalid');
    }
    if (Value.length > VALUE_CHARS_MAX || !ALLOWED.test(Value)) {
      throw refuse('The TagValue you have provided is invalid');
    }
    if (Key.toLowerCase().startsWith('aws:')) {
      throw refuse('System tags cannot be added/updated by requester');
    }
  }
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) {
    throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
}

export function storedTags(stored: string): readonly Tag[] {
  // True because only the two functions above write this text.
  return JSON.parse(stored) as readonly Tag[];
}

export function taggingDocument(stored: string): string {
  return writeXml(GetObjectTaggingOutput$, { TagSet: storedTags(stored) });
}
