/** What all listings of a bucket share: prefix, delimiter, the size of a page, the encoding. */
import type { Exchange } from '../call.ts';
import { invalidArgument } from '../errors.ts';
import { element } from '../wire.ts';

export const LIST_PARAMETERS: readonly string[] = ['prefix', 'delimiter', 'encoding-type'];
/** S3 answers at most 1,000 entries, whatever is asked for. */
const PAGE_MAX = 1000;

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly max: number;
  readonly encoding: 'url' | undefined;
  /** A key or prefix as it stands in the answer. */
  readonly text: (key: string) => string;
}

export function listQueryOf({ request }: Exchange, maxName: string): ListQuery {
  const encoding = request.query.get('encoding-type');
  if (encoding !== undefined && encoding !== '' && encoding !== 'url') {
    throw invalidArgument(
      'Invalid Encoding Method specified in Request',
      'encoding-type',
      encoding,
    );
  }
  const isUrl = encoding === 'url';
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    max: Math.min(request.count(maxName, PAGE_MAX), PAGE_MAX),
    encoding: isUrl ? 'url' : undefined,
    text: isUrl ? urlEncoded : (key) => key,
  };
}

/** As an HTML form encodes, but slashes stay: a space is `+`, and `~` is escaped. */
function urlEncoded(key: string): string {
  return encodeURIComponent(key)
    .replace(/%20/g, '+')
    .replace(/%2F/g, '/')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function groupElement(group: string, query: ListQuery): string {
  return `<CommonPrefixes>${element('Prefix', query.text(group))}</CommonPrefixes>`;
}
