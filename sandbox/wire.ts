/**
 * S3's documents, in and out: the only file that knows XML.
 *
 * Documents are read, and rare ones written, by the shapes that `@aws-sdk/client-s3` publishes, so
 * that no list of fields is kept by hand. List pages and errors are written by hand: they are hot,
 * and keys may hold characters that XML 1.0 has no way to write (S3 writes them as references).
 */
import { XmlShapeDeserializer, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { S3Error, type S3ErrorCode } from './errors.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

type Schema = Parameters<XmlShapeSerializer['write']>[0];

const SETTINGS: ConstructorParameters<typeof XmlShapeSerializer>[0] = {
  xmlNamespace: NAMESPACE,
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: true,
  serviceNamespace: 'com.amazonaws.s3',
};
const serializer = new XmlShapeSerializer(SETTINGS);
const deserializer = new XmlShapeDeserializer(SETTINGS);

/**
 * Reads one document. Its members are typed by the caller with optional fields only: the reader
 * drops what the shape does not know, and checks neither ranges nor what is required.
 */
export function readXml<Shape>(
  schema: Schema,
  root: string,
  body: Buffer,
  refusal: S3ErrorCode = 'MalformedXML',
): Partial<Shape> {
  const text = body.toString('utf8');
  const start = /^(?:\ufeff)?\s*(?:<\?[^>]*\?>\s*|<!--[^]*?-->\s*)*<(?:\w+:)?(\w+)[\s/>]/.exec(
    text,
  );
  if (start?.[1] !== root) throw new S3Error(refusal);
  try {
    // True by the contract above: every field is optional and read with its shape's type.
    return deserializer.read(schema, body) as Partial<Shape>;
  } catch (error) {
    throw new S3Error(refusal, { message: `${new S3Error(refusal).message} (${String(error)})` });
  }
}

/** A text of a document that must be one of these. */
export function oneOf<Text extends string>(
  value: string | undefined,
  allowed: readonly Text[],
  refusal: S3ErrorCode = 'MalformedXML',
): Text {
  const found = allowed.find((text) => text === value);
  if (found === undefined) throw new S3Error(refusal);
  return found;
}

/** Writes one document; only members that belong to the body may be given. */
export function writeXml<Shape>(schema: Schema, value: Shape): string {
  serializer.write(schema, value);
  return `${DECLARATION}${String(serializer.flush())}`;
}

/** A document written by hand: `content` holds elements made by `element`. */
export function documentOf(root: string, content: string): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

export function element(name: string, value: string | number | boolean): string {
  return `<${name}>${typeof value === 'string' ? escapeText(value) : value}</${name}>`;
}

export function optionalElement(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : element(name, value);
}

const SPECIAL = /[&<>"\r\n\t\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeText(text: string): string {
  return text.replace(SPECIAL, (char) => NAMED[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

/** The document of a refusal; it has no namespace, as S3's has none. */
export function errorDocument(elements: Readonly<Record<string, string>>): string {
  const content = Object.entries(elements).map(([name, value]) => element(name, value));
  return `${DECLARATION}<Error>${content.join('')}</Error>`;
}

/** Milliseconds as S3 writes them in documents; it keeps whole seconds. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}.000Z`;
}

/** Milliseconds as HTTP headers write them. */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}
