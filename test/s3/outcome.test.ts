import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type S3Answer, toFailure, toOutcome, toOutcomeOfResult } from '../../src/s3/index.ts';
import { toOutcomeOfList } from '../../src/s3/outcome.ts';

function answer(status: number, body = ''): S3Answer {
  return { status, headers: {}, body: Buffer.from(body) };
}

const COPIED =
  '<?xml version="1.0" encoding="UTF-8"?>\n  <CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  '<ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag></CopyObjectResult>';

test('a success is Successful, or says what the operation wants it to', () => {
  assert.deepEqual(toOutcome(answer(200)), { ok: true, message: 'Successful' });
  assert.deepEqual(toOutcome(answer(204), 'gone'), { ok: true, message: 'gone' });
});

test('code and message of an error are the store’s own, entities decoded', () => {
  const xml =
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>The key &lt;a&amp;b&gt;\n is&#32;not there.</Message><Resource>/b/k</Resource></Error>';
  assert.deepEqual(toOutcome(answer(404, xml)), {
    ok: false,
    httpStatus: 404,
    code: 'NoSuchKey',
    message: 'The key <a&b> is not there.',
    again: 'never',
  });
});

test('an error inside a 200 is an error', () => {
  const xml = '  \n<Error><Code>SlowDown</Code><Message>Please reduce your rate.</Message></Error>';
  const outcome = toOutcome(answer(200, xml));
  assert.ok(!outcome.ok);
  assert.equal(outcome.code, 'SlowDown');
  assert.equal(outcome.httpStatus, 200);
  assert.equal(outcome.again, 'slow-down');
});

test('a copy succeeds only with a whole result', () => {
  assert.equal(toOutcomeOfResult(answer(200, COPIED), 'CopyObjectResult').ok, true);
  const bodies = [
    '',
    ' \n ',
    COPIED.slice(0, -1),
    COPIED.slice(0, 60),
    '<html></html>',
    '{}',
    '<CopyObjectResult/>',
  ];
  for (const body of bodies) {
    const outcome = toOutcomeOfResult(answer(200, body), 'CopyObjectResult');
    assert.equal(outcome.ok === false && outcome.again, 'later', body);
  }
});

test('a list may be empty, and not cut off', () => {
  for (const empty of ['<R/>', '<R></R>', '<?xml version="1.0"?>\n<R xmlns="http://s3/" />\n']) {
    assert.equal(toOutcomeOfList(answer(200, empty), 'R').ok, true, empty);
  }
  for (const cut of ['<R>', '<R><Key/>', '<R xmlns="a/', '<Other/>', '<R/><Key>', '']) {
    assert.equal(toOutcomeOfList(answer(200, cut), 'R').ok, false, cut);
  }
  assert.equal(toOutcomeOfList(answer(503, '<R/>'), 'R').ok, false);
});

test('an answer without a body has a code by its status', () => {
  const code = (status: number): string => toFailure(answer(status)).code;
  assert.equal(code(304), 'NotModified');
  assert.equal(code(403), 'AccessDenied');
  assert.equal(code(404), 'NotFound');
  assert.equal(code(412), 'PreconditionFailed');
  assert.equal(code(418), 'HTTP418');
});

test('a page of a proxy is no error of S3: the status names the code', () => {
  const outcome = toFailure(answer(502, '<html><Code>x</Code><Message>nginx</Message></html>'));
  assert.equal(outcome.code, 'BadGateway');
  assert.equal(outcome.again, 'later');
  assert.doesNotMatch(outcome.message, /nginx/);
});

test('an empty message, as Ceph sends it, becomes a sentence', () => {
  const xml = '<Error><Code>AccessDenied</Code><Message></Message></Error>';
  assert.equal(toFailure(answer(403, xml)).message, 'Access Denied');
  const unknown = toFailure(answer(400, '<Error><Code>Strange</Code></Error>'));
  assert.match(unknown.message, /HTTP 400 Strange/);
});

test('no answer is status 0 with its reason, to be tried again', () => {
  const outcome = toOutcome({ ...answer(0), failure: 'The endpoint refused the connection.' });
  assert.deepEqual(outcome, {
    ok: false,
    httpStatus: 0,
    code: 'NoAnswer',
    message: 'The endpoint refused the connection.',
    again: 'later',
  });
});

test('whatever arrives becomes an outcome with a code and one bounded line of message', () => {
  const status = fc.integer({ min: 0, max: 599 });
  const words = fc.constantFrom(
    '<Error>',
    '<Code>',
    '</Code>',
    '<Message>',
    '</Message>',
    '&#0;',
    '\n',
  );
  const body = fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 2000 })));
  fc.assert(
    fc.property(status, body, (code, parts) => {
      const outcome = toOutcome(answer(code, parts.join('')));
      if (outcome.ok) return;
      assert.ok(outcome.code.length > 0);
      assert.match(outcome.message, /^[^\n\r]{1,1003}$/);
    }),
  );
});
