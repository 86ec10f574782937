import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { elements, elementText, escapeXml, isXmlText, rootName } from '../../src/s3/index.ts';
import { isElement } from '../../src/s3/xml.ts';

const anyText = fc.string({ unit: 'binary' });

test('what escapeXml writes, elementText reads back', () => {
  fc.assert(
    fc.property(anyText.filter(isXmlText), (text) => {
      const xml = `<Root><Other/><Key>${escapeXml(text)}</Key></Root>`;
      assert.equal(elementText(xml, 'Key'), text);
    }),
  );
});

test('what a parser would normalise or misread is escaped', () => {
  assert.equal(escapeXml('a\r\nb\tc'), 'a&#13;&#10;b&#9;c');
  assert.equal(escapeXml('<"&">'), '&lt;&quot;&amp;&quot;&gt;');
});

test('isXmlText refuses what no XML document can carry', () => {
  for (const text of ['\u0000', 'a\u0008', '\u001f', '\ufffe', '\ud800', 'a\udc00b']) {
    assert.equal(isXmlText(text), false, JSON.stringify(text));
  }
  for (const text of ['', '\t\r\n', 'ü', '\u{1f600}', '\u007f'])
    assert.equal(isXmlText(text), true);
});

test('elementText finds elements by their whole name, with attributes or without content', () => {
  const xml =
    '<R><UploadIdMarker>no</UploadIdMarker><UploadId a="1">a&#x26;&#38;&amp;b</UploadId><E/></R>';
  assert.equal(elementText(xml, 'UploadId'), 'a&&&b');
  assert.equal(elementText(xml, 'E'), '');
  assert.equal(elementText(xml, 'Missing'), undefined);
  assert.equal(elementText('<R><Cut>half', 'Cut'), undefined);
  assert.equal(elementText('<R><A>&nbsp;&#xFFFFFF;</A></R>', 'A'), '&nbsp;&#xFFFFFF;');
});

test('elements gives every element of a name and stops at one that is cut off', () => {
  const xml =
    '<L><Upload><Key>a</Key></Upload><UploadX/><Upload><Key>b</Key></Upload><Upload><Key>';
  assert.deepEqual(elements(xml, 'Upload'), ['<Key>a</Key>', '<Key>b</Key>']);
});

test('isElement is sure of what rootName finds, and of the end', () => {
  const declared = '<?xml version="1.0" encoding="UTF-8"?>\n';
  for (const xml of [
    '<R>x</R>',
    '<R a="b">x</R>',
    `${declared}<R></R>`,
    `${declared}<R><R2/></R>`,
  ]) {
    assert.ok(isElement(xml, 'R'), xml);
  }
  const others = [
    '',
    '<',
    'R',
    '<R/>',
    '<R>',
    '<R>x</R',
    '<R2>x</R>',
    '<E><R>x</R>',
    declared,
    'x<R>x</R>',
  ];
  for (const xml of [...others, `${declared}<!-- <R> --><E></R>`, `${declared}<Error><R></R>`]) {
    assert.equal(isElement(xml, 'R'), false, xml);
  }
  const piece = fc.constantFrom('<', '>', '/', 'R', '</R>', '<R>', '?>', ' ', 'E', '\ufeff');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, isWhole) => {
      const xml = isWhole ? `<R${pieces.join('')}</R>` : pieces.join('');
      if (isElement(xml, 'R')) assert.equal(rootName(xml), 'R', xml);
    }),
  );
});

test('rootName names the root behind a declaration, a mark and white space', () => {
  assert.equal(rootName('\ufeff\n <?xml version="1.0"?>\n<Error>'), 'Error');
  assert.equal(rootName('<CopyObjectResult xmlns="x">'), 'CopyObjectResult');
  assert.equal(rootName('<html>'), 'html');
  for (const text of ['', 'Error', '<', '<!-- <Error> -->', '{"a":1}']) {
    assert.equal(rootName(text), undefined, text);
  }
});

test('the scanner is total and quick on any text', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    '<?',
    '?>',
    '<!--',
    '-->',
    'Error',
    '/',
    ' ',
    '&',
    '&#',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, anyText)), (parts) => {
      const xml = parts.join('');
      rootName(xml);
      elementText(xml, 'Error');
      elements(xml, 'Error');
    }),
  );
});
