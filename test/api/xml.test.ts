// Aim: the XML reader takes what a client may write and refuses everything else, quickly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../src/model/api-error.ts';
import { parseXml, type XmlElement } from '../../src/api/xml.ts';

const parse = (xml: string): XmlElement => parseXml(Buffer.from(xml));
const leaf = (name: string, text = ''): XmlElement => ({ name, text, children: [] });
const isMalformed = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'MalformedXML';

test('elements, texts, attributes, comments and declarations are read', () => {
  const read = parse(
    '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- c -->\n<n:a xmlns:n="u" b=\'1 > 0\'>' +
      'x<b/><!-- <c> --><c  d = "e" ></c ><![CDATA[<&>]]>&amp;&#x41;&#66;&lt;&gt;&quot;&apos;\r\ny</n:a>\n',
  );
  assert.deepEqual(read, {
    name: 'a',
    text: 'x<&>&AB<>"\'\ny',
    children: [leaf('b'), leaf('c')],
  });
});

test('what is not well-formed, or not harmless, is refused', () => {
  const refused = [
    '',
    '   ',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>text',
    'text<a/>',
    '<a b></a>',
    '<a b=c></a>',
    '<a b="<"></a>',
    '<1/>',
    '<a',
    '<a><![CDATA[x</a>',
    '<a><!-- x</a>',
    '<a>&nbsp;</a>',
    '<a>&constructor;</a>',
    '<a>&</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<a>&#99999999999999999999;</a>',
    '<a>\u0001</a>',
    '<a>\uffff</a>',
    '<!DOCTYPE a><a/>',
    '<!doctype a [<!ENTITY e "x">]><a>&e;</a>',
    '<a><!ELEMENT b></a>',
    `${'<a>'.repeat(33)}${'</a>'.repeat(33)}`,
  ];
  for (const xml of refused) assert.throws(() => parse(xml), isMalformed, xml);
  assert.throws(() => parseXml(Buffer.from([0x3c, 0x61, 0xff, 0x2f, 0x3e])), isMalformed);
  assert.throws(() => parseXml(Buffer.from('<a/>', 'utf16le')), isMalformed);
});

test('thirty-two levels are read', () => {
  assert.doesNotThrow(() => parse(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`));
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,6}$/);
const text = fc
  .string({ unit: 'binary' })
  .map((s) => s.replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, ''));
const tree = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    fc.record({ name, text, children: fc.constant([]) }, { noNullPrototype: true }),
    fc.record(
      { name, text, children: fc.array(tie('element'), { maxLength: 3 }) },
      { noNullPrototype: true },
    ),
  ),
})).element;

function write({ name: tag, text: own, children }: XmlElement): string {
  const escaped = own.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<${tag}>${escaped}${children.map(write).join('')}</${tag}>`;
}

test('a written tree reads as itself', () => {
  fc.assert(fc.property(tree, (element) => assert.deepEqual(parse(write(element)), element)));
});

test('any bytes are a tree or a refusal', () => {
  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom('<', '</', '>', '/>', '<a', '<a>', '</a>', '&', ';', '"', '=', '<!--'),
        fc.constantFrom('-->', '<![CDATA[', ']]>', '<?', '?>', ' ', '<a b="', '&#x', '&amp;'),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
    )
    .map((parts) => parts.join(''));
  const tried = (bytes: Uint8Array): void => {
    try {
      parseXml(bytes);
    } catch (error) {
      assert.ok(isMalformed(error), String(error));
    }
  };
  fc.assert(fc.property(soup, (s) => tried(Buffer.from(s))));
  fc.assert(fc.property(fc.uint8Array(), tried));
});

test('a mebibyte of any one piece does not hang the reader', () => {
  const pieces = [
    '<a>',
    '<a b="',
    '<a ',
    '<!--',
    '<![CDATA[',
    '<?',
    '&',
    '&#',
    '<a b = ',
    ' =',
    '</',
  ];
  for (const piece of pieces) {
    const xml = `<r>${piece.repeat(Math.floor((1 << 20) / piece.length))}`;
    assert.throws(() => parse(xml), isMalformed, piece);
    assert.throws(() => parse(`<r ${xml.slice(3)}`), isMalformed, piece);
  }
});
