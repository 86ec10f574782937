/** Object tags as parameters: their rules, and the body that sets them. */
import type { S3Tag } from '@aws-sdk/client-s3-control';
import { OBJECT_TAGS_MAX } from '../model/limits.ts';
import { escapeXml, isXmlText } from '../s3/index.ts';
import { encodeQuery } from '../sigv4/index.ts';
import type { FieldProblem } from './operation.ts';
import { type PreparedBody, S3_XMLNS, xmlBody } from './task.ts';

/** S3 counts positions of UTF-16, as `length` does. */
const TAG_KEY_CHARS_MAX = 128;
const TAG_VALUE_CHARS_MAX = 256;

/** `field` is the list's own path. An empty list is a request to clear, not a mistake. */
export function checkTags(tags: readonly S3Tag[], field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (tags.length > OBJECT_TAGS_MAX) {
    problems.push({ field, message: `must hold at most ${OBJECT_TAGS_MAX} tags` });
  }
  const seen = new Set<string>();
  for (const [index, { Key: key = '', Value: value }] of tags.entries()) {
    const keyMessage = problemOfKey(key, seen);
    const valueMessage = problemOfValue(value);
    seen.add(key);
    if (keyMessage !== undefined) {
      problems.push({ field: `${field}[${index}].Key`, message: keyMessage });
    }
    if (valueMessage !== undefined) {
      problems.push({ field: `${field}[${index}].Value`, message: valueMessage });
    }
  }
  return problems;
}

function problemOfKey(key: string, seen: ReadonlySet<string>): string | undefined {
  if (key.length < 1 || key.length > TAG_KEY_CHARS_MAX) {
    return `must have 1 to ${TAG_KEY_CHARS_MAX} characters`;
  }
  if (key.toLowerCase().startsWith('aws:')) return 'must not begin with the reserved prefix aws:';
  if (seen.has(key)) return 'must be unique within the tag set';
  return isXmlText(key) ? undefined : NOT_XML;
}

function problemOfValue(value: string | undefined): string | undefined {
  if (value === undefined) return 'is required';
  if (value.length > TAG_VALUE_CHARS_MAX) {
    return `must have at most ${TAG_VALUE_CHARS_MAX} characters`;
  }
  return isXmlText(value) ? undefined : NOT_XML;
}

const NOT_XML = 'must not hold control characters';

/** As x-amz-tagging wants it. */
export function taggingText(tags: readonly S3Tag[]): string {
  return encodeQuery(Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])));
}

/** The body of PutObjectTagging. */
export function taggingBody(tags: readonly S3Tag[]): PreparedBody {
  const items = tags.map(
    ({ Key = '', Value = '' }) =>
      `<Tag><Key>${escapeXml(Key)}</Key><Value>${escapeXml(Value)}</Value></Tag>`,
  );
  return xmlBody(`<Tagging xmlns="${S3_XMLNS}"><TagSet>${items.join('')}</TagSet></Tagging>`);
}
