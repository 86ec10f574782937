// Aim: policies mean what AWS says that they mean: against a second evaluator on random policies,
// operator by operator, and where doubt must be held against the caller.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  contextOf,
  type ContextEntries,
  decide,
  MANAGED_POLICIES,
  PolicyDefect,
  readPolicy,
} from '../../src/auth/index.ts';
import { notesOf } from '../../src/auth/policy/notes.ts';
import { examplesOfPage } from './access-page.ts';
import { asks, oracle, policies } from './policy-oracle.ts';

const VERSION = '2012-10-17';
const one = (statement: object, version = VERSION): string =>
  JSON.stringify({ Version: version, Statement: statement });
const JOB = 'arn:aws:s3:us-east-1:123456789012:job/1';

/** Whether one statement with this condition applies, for both effects. */
function applies(
  condition: object,
  entries: ContextEntries,
  more: object = {},
): { readonly Allow: boolean; readonly Deny: boolean } {
  const ask = { action: 's3:DescribeJob', resource: JOB, context: contextOf(entries) };
  const of = (Effect: string) => {
    const base = { Effect, Action: '*', Resource: '*', Condition: condition };
    return readPolicy(Effect, one({ ...base, ...more }));
  };
  const all = readPolicy('all', one({ Effect: 'Allow', Action: '*', Resource: '*' }));
  return {
    Allow: decide(ask, [of('Allow')]).isAllowed,
    Deny: !decide(ask, [all, of('Deny')]).isAllowed,
  };
}
const BOTH = { Allow: true, Deny: true };
const NEITHER = { Allow: false, Deny: false };
const AGAINST = { Allow: false, Deny: true };

test('random policies decide as a second evaluator does', () => {
  let allowed = 0;
  fc.assert(
    fc.property(policies, asks, (statements, ask) => {
      const policy = readPolicy('p', one(statements));
      const { action, resource } = ask;
      const context = contextOf(ask.context);
      const decision = decide({ action, resource, context }, [policy]);
      if (decision.isAllowed) allowed++;
      assert.equal(decision.isAllowed, oracle(ask, statements));
      // Split over several documents, and in another order, they are the same policies.
      const split = [...statements].reverse().map((each, i) => readPolicy(`s${i}`, one(each)));
      assert.equal(decide({ action, resource, context }, split).isAllowed, decision.isAllowed);
    }),
    { numRuns: 4000, seed: 7 },
  );
  assert.ok(allowed > 400, `only ${allowed} were allowed: the property looks at refusals alone`);
});

test('a session never gives what its user has not, and an explicit deny wins wherever it stands', () => {
  fc.assert(
    fc.property(policies, policies, asks, (mine, limit, { action, resource, context }) => {
      const [identity, session] = [readPolicy('i', one(mine)), readPolicy('s', one(limit))];
      const ask = { action, resource, context: contextOf(context) };
      const both = decide(ask, [identity], [session]).isAllowed;
      assert.equal(both, decide(ask, [identity]).isAllowed && decide(ask, [session]).isAllowed);
      assert.equal(decide(ask, [identity], []).isAllowed, false);
    }),
    { numRuns: 1000 },
  );
});

test('a statement more can only take away when it denies, and only give when it allows', () => {
  fc.assert(
    fc.property(policies, policies, asks, (base, more, { action, resource, context }) => {
      const ask = { action, resource, context: contextOf(context) };
      const is = (statements: readonly object[]): boolean =>
        decide(ask, statements.length ? [readPolicy('p', one(statements))] : []).isAllowed;
      const [denies, allows] = [
        more.filter(({ Effect }) => Effect === 'Deny'),
        more.filter(({ Effect }) => Effect === 'Allow'),
      ];
      assert.ok(!is([...base, ...denies]) || is(base));
      assert.ok(!is(base) || is([...base, ...allows]));
    }),
    { numRuns: 1000 },
  );
});

test('a decision names the statement that made it', () => {
  const policy = readPolicy(
    'mine',
    one([
      { Sid: 'Yes', Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Effect: 'Deny', Action: 's3:DescribeJob', Resource: '*' },
    ]),
  );
  const ask = (action: string) => ({ action, resource: '*', context: contextOf() });
  assert.deepEqual(decide(ask('s3:ListJobs'), [policy]), {
    isAllowed: true,
    why: 'allowed',
    by: { policy: 'mine', index: 0, sid: 'Yes' },
  });
  assert.deepEqual(decide(ask('s3:DescribeJob'), [policy]), {
    isAllowed: false,
    why: 'explicit-deny',
    by: { policy: 'mine', index: 1 },
  });
  assert.deepEqual(decide(ask('iam:PassRole'), [policy]), {
    isAllowed: false,
    why: 'no-statement',
  });
});

const DATES = { 'aws:CurrentTime': '2026-06-01T12:00:00.000Z', 'aws:EpochTime': 1780315200 };
const ROWS: readonly (readonly [condition: object, entries: ContextEntries, expected: object])[] = [
  [{ DateLessThan: { 'aws:CurrentTime': '2026-06-01T12:00:01Z' } }, DATES, BOTH],
  [{ DateLessThan: { 'aws:CurrentTime': '2026-06-01T12:00:00Z' } }, DATES, NEITHER],
  [{ DateLessThanEquals: { 'aws:CurrentTime': '2026-06-01T12:00' } }, DATES, BOTH],
  [{ DateGreaterThan: { 'aws:CurrentTime': '2026-06-01' } }, DATES, BOTH],
  [{ DateGreaterThanEquals: { 'aws:CurrentTime': '2026-06-01T14:00:00+02:00' } }, DATES, BOTH],
  [{ DateEquals: { 'aws:EpochTime': '1780315200' } }, DATES, BOTH],
  [{ DateNotEquals: { 'aws:EpochTime': '1780315200' } }, DATES, NEITHER],
  [{ DateLessThan: { 'aws:TokenIssueTime': '2027-01-01' } }, DATES, NEITHER],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '10.255.0.1' }, BOTH],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '11.0.0.1' }, NEITHER],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.1' } }, { 'aws:SourceIp': '::ffff:10.0.0.1' }, BOTH],
  [{ IpAddress: { 'aws:SourceIp': 'fe80::/10' } }, { 'aws:SourceIp': 'fe80::1%eth0' }, BOTH],
  [{ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { 'aws:SourceIp': '2001:db8::1' }, NEITHER],
  [{ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { 'aws:SourceIp': 'nonsense' }, NEITHER],
  [{ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '10.0.0.1' }, NEITHER],
  [{ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, {}, BOTH],
  [{ Bool: { 'aws:SecureTransport': 'TRUE' } }, { 'aws:SecureTransport': true }, BOTH],
  [{ Bool: { 'aws:SecureTransport': true } }, { 'aws:SecureTransport': false }, NEITHER],
  [
    { NumericLessThanEquals: { 's3:RequestJobPriority': 1e2 } },
    { 's3:RequestJobPriority': 100 },
    BOTH,
  ],
  [{ NumericEquals: { 's3:RequestJobPriority': '10' } }, { 's3:requestjobpriority': '10.0' }, BOTH],
  [{ NumericLessThan: { 'x:n': '10' } }, { 'x:n': 'nine' }, NEITHER],
  [{ NumericLessThan: { 'x:n': '10' } }, { 'x:n': '' }, NEITHER],
  [{ Null: { 'aws:RequestTag/a': 'true' } }, {}, BOTH],
  [{ Null: { 'aws:RequestTag/a': true } }, { 'aws:RequestTag/a': '' }, NEITHER],
  [{ Null: { 'aws:RequestTag/A': 'false' } }, { 'aws:RequestTag/a': 'x' }, BOTH],
  // Several operators and keys: all of them; several values: one of them.
  [{ StringEquals: { 'x:a': ['1', '2'], 'x:b': '3' } }, { 'x:a': '2', 'x:b': '3' }, BOTH],
  [{ StringEquals: { 'x:a': ['1', '2'], 'x:b': '3' } }, { 'x:a': '2', 'x:b': '4' }, NEITHER],
  [{ StringNotEquals: { 'x:a': ['1', '2'] } }, { 'x:a': '2' }, NEITHER],
  [
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
    { 'aws:TagKeys': ['a', 'b'] },
    BOTH,
  ],
  [
    { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
    { 'aws:TagKeys': ['a', 'b'] },
    NEITHER,
  ],
  [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, { 'aws:TagKeys': [] }, NEITHER],
  // Variables.
  [{ StringEquals: { 'x:a': '${aws:username}' } }, { 'x:a': 'bob', 'aws:UserName': 'bob' }, BOTH],
  [
    { StringEquals: { 'x:a': '${aws:username}' } },
    { 'x:a': 'eve', 'aws:username': 'bob' },
    NEITHER,
  ],
  [
    { StringLike: { 'x:a': 'home/${aws:username}/*' } },
    { 'x:a': 'home/bob/1', 'aws:username': 'bob' },
    BOTH,
  ],
  [{ StringEquals: { 'x:a': "${x:b, 'none'}" } }, { 'x:a': 'none' }, BOTH],
  [{ StringEquals: { 'x:a': '${*}${?}${$}' } }, { 'x:a': '*?$' }, BOTH],
  [{ StringLike: { 'x:a': 'a${*}' } }, { 'x:a': 'ab' }, NEITHER],
  // What a variable stands for has no wildcards.
  [{ StringLike: { 'x:a': '${aws:username}' } }, { 'x:a': 'bob', 'aws:username': '*' }, NEITHER],
  [
    { ArnLike: { 'x:a': 'arn:aws:iam::1:role/${x:t}' } },
    { 'x:a': 'arn:aws:iam::1:role/b', 'x:t': '*' },
    NEITHER,
  ],
  [
    { ArnLike: { 'x:a': 'arn:aws:${x:t}:*:*:*' } },
    { 'x:a': 'arn:aws:iam::1:role/b:c', 'x:t': 'iam:' },
    NEITHER,
  ],
  // A variable that stands for nothing equals nothing; that it does not equal cannot be told.
  [{ StringEquals: { 'x:a': '${aws:username}' } }, { 'x:a': '' }, NEITHER],
  [{ StringNotEquals: { 'x:a': '${aws:username}' } }, { 'x:a': 'bob' }, AGAINST],
  [{ StringNotEquals: { 'x:a': ['bob', '${aws:username}'] } }, { 'x:a': 'bob' }, NEITHER],
  // Two tags that differ by case alone.
  [
    { StringEquals: { 'aws:RequestTag/t': 'QA' } },
    { 'aws:RequestTag/t': 'QA', 'aws:RequestTag/T': 'X' },
    AGAINST,
  ],
  [
    { StringNotEquals: { 'aws:RequestTag/t': 'X' } },
    { 'aws:RequestTag/t': 'QA', 'aws:RequestTag/T': 'X' },
    AGAINST,
  ],
  [
    { StringEquals: { 'x:a': '${aws:RequestTag/t}' } },
    { 'x:a': 'QA', 'aws:RequestTag/t': 'QA', 'aws:RequestTag/T': 'X' },
    NEITHER,
  ],
];

for (const [condition, entries, expected] of ROWS) {
  const shown = JSON.stringify(condition).slice(1, -1);
  test(`${shown} with ${JSON.stringify(entries)}`, () => {
    assert.deepEqual(applies(condition, entries), expected);
  });
}

test('what cannot be told is held against the caller: an Allow does not apply, a Deny does', () => {
  const unresolved = { StringNotEquals: { 'x:a': '${aws:username}' } };
  assert.deepEqual(applies(unresolved, { 'x:a': 'bob' }), AGAINST);
  const twice = { 'aws:RequestTag/team': 'QA', 'aws:RequestTag/Team': 'QA' };
  assert.deepEqual(applies({ StringEquals: { 'aws:RequestTag/team': 'QA' } }, twice), AGAINST);
});

test('no wildcard of an ARN reaches over a colon, and none is completed in silence', () => {
  const is = (Resource: string): boolean => applies({}, {}, { Resource }).Allow;
  for (const good of ['*', JOB, 'arn:*:*:*:*:*', 'arn:aws:s3:*:123456789012:job/*', `${JOB}*`]) {
    assert.equal(is(good), true, good);
  }
  for (const bad of ['arn:aws:s3:*:*:role/*', 'arn:aws:s3::*:job/1', 'arn:aws:s3:::*']) {
    assert.equal(is(bad), false, bad);
  }
  const { Allow, Deny } = applies(
    {},
    {},
    { Resource: undefined, NotResource: 'arn:aws:s3:::${x:y}' },
  );
  assert.deepEqual({ Allow, Deny }, AGAINST);
});

test('the old version has no variables', () => {
  const text = one(
    {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { 'x:a': '${x:b}' } },
    },
    '2008-10-17',
  );
  const is = (entries: ContextEntries): boolean =>
    decide({ action: 's3:ListJobs', resource: '*', context: contextOf(entries) }, [
      readPolicy('old', text),
    ]).isAllowed;
  assert.equal(is({ 'x:a': 'v', 'x:b': 'v' }), false);
  assert.equal(is({ 'x:a': '${x:b}' }), true);
});

const GOOD = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
const DEFECTS: readonly (readonly [document: string, problem: RegExp])[] = [
  ['{', /not JSON/],
  ['[]', /The policy: must be a JSON object/],
  ['{"Version": "2012-10-17"}', /Statement: must hold a statement/],
  [one(GOOD, '2012-10-18'), /Version: must be 2012-10-17 or 2008-10-17, not "2012-10-18"/],
  [
    one([GOOD, { ...GOOD, Effect: 'allow' }]),
    /Statement\[1\]\.Effect: must be Allow or Deny, not "allow"/,
  ],
  [one({ ...GOOD, Actions: '*' }), /Statement\[0\]\.Actions: is no element of a policy/],
  [one({ ...GOOD, Principal: '*' }), /Statement\[0\]\.Principal: does not belong here/],
  [one({ ...GOOD, NotAction: '*' }), /Statement\[0\]: needs exactly one of Action and NotAction/],
  [
    one({ Effect: 'Allow', Action: '*' }),
    /Statement\[0\]: needs exactly one of Resource and NotResource/,
  ],
  [one({ ...GOOD, Action: [] }), /Statement\[0\]\.Action: must hold a value/],
  [
    one({ ...GOOD, Action: [5] }),
    /Statement\[0\]\.Action: must be a text or a list of texts, not 5/,
  ],
  [one({ ...GOOD, Action: 'CreateJob' }), /Statement\[0\]\.Action: "CreateJob" is no action/],
  [
    one({ ...GOOD, Resource: 'arn:aws:s3:*' }),
    /Statement\[0\]\.Resource: "arn:aws:s3:\*" is no ARN/,
  ],
  [one({ ...GOOD, Resource: 'job/*' }), /is no ARN of six parts/],
  [one({ ...GOOD, Resource: 'arn:aws:s3:::${oops' }), /has a \$\{ without its \}/],
  [
    one({ ...GOOD, Resource: 'arn:aws:s3:::${oops}' }),
    /has the variable \$\{oops\}, which is none/,
  ],
  [
    one([
      { ...GOOD, Sid: 'a' },
      { ...GOOD, Sid: 'a' },
    ]),
    /has the Sid "a" twice/,
  ],
  [
    one({ ...GOOD, Condition: { StringEqual: { 'x:a': '1' } } }),
    /Condition\.StringEqual: is no condition operator/,
  ],
  [
    one({ ...GOOD, Condition: { NullIfExists: { 'x:a': 'true' } } }),
    /NullIfExists: is no condition operator/,
  ],
  [one({ ...GOOD, Condition: { StringEquals: { priority: '1' } } }), /lacks its service/],
  [
    one({ ...GOOD, Condition: { NumericEquals: { 'x:a': 'ten' } } }),
    /NumericEquals\.x:a: "ten" must be a number/,
  ],
  [one({ ...GOOD, Condition: { DateEquals: { 'x:a': 'today' } } }), /"today" must be a date/],
  [
    one({ ...GOOD, Condition: { IpAddress: { 'x:a': '10.0.0.0/33' } } }),
    /must be an address or a network/,
  ],
  [one({ ...GOOD, Condition: { Bool: { 'x:a': 'yes' } } }), /must be true or false/],
  [one({ ...GOOD, Condition: { Null: { 'x:a': 'maybe' } } }), /must be true or false/],
  [
    one({ ...GOOD, Condition: { StringEquals: { 'aws:TagKeys': 'a' } } }),
    /say ForAllValues: or ForAnyValue:/,
  ],
  [
    one({ ...GOOD, Condition: { StringEquals: 'a' } }),
    /Condition\.StringEquals: must be a JSON object/,
  ],
  [`{"Statement": [${JSON.stringify(GOOD)}], "Id": 5}`, /Id: must be a text/],
  [JSON.stringify({ Statement: GOOD, Id: 'x'.repeat(21_000) }), /20480 at most/],
];

for (const [document, problem] of DEFECTS) {
  test(`a policy is refused with its place: ${problem.source}`, () => {
    assert.throws(
      () => readPolicy('p', document),
      (error) => error instanceof PolicyDefect && problem.test(error.message),
    );
  });
}

test('what does nothing here is noted, and nothing that the page names is', () => {
  const odd = one([
    { ...GOOD, Action: ['s3:CreateJobs', 's3:*Job', 's3:PutObject'] },
    { ...GOOD, Condition: { StringEquals: { 's3:RequestJobPriorty': '1', 'AWS:UserName': 'a' } } },
  ]);
  assert.deepEqual(notesOf(readPolicy('p', odd)), [
    'Statement[0].Action: nothing here asks for s3:CreateJobs',
    'Statement[0].Action: nothing here asks for s3:PutObject',
    'Statement[1].Condition: no request here has s3:RequestJobPriorty',
  ]);
  for (const { name, document } of examplesOfPage()) {
    assert.deepEqual(notesOf(readPolicy(name, document)), [], name);
  }
  for (const [name, document] of Object.entries(MANAGED_POLICIES)) {
    assert.deepEqual(notesOf(readPolicy(name, document)), [], name);
  }
});

test('every problem of a policy is told at once', () => {
  const bad = one([
    { ...GOOD, Effect: 'x' },
    { ...GOOD, Resource: 'y' },
  ]);
  assert.throws(
    () => readPolicy('p', bad),
    (error) => error instanceof PolicyDefect && error.problems.length === 2,
  );
});

test('whatever stands in a document, it is read or refused, and judged in no time', () => {
  const json = fc.json().map((text) => text.slice(0, 20_000));
  const word = fc.constantFrom(
    '*',
    '?',
    '${',
    '}',
    'arn:',
    ':',
    's3:*',
    'Allow',
    '${x:y}',
    'true',
    '1',
    'a',
  );
  const words = fc.array(word, { maxLength: 12 }).map((all) => all.join(''));
  const nearly = fc
    .record(
      {
        Effect: fc.oneof(fc.constant('Allow'), fc.constant('Deny'), words),
        Action: fc.oneof(fc.constant('*'), words, fc.array(words, { maxLength: 3 })),
        Resource: fc.oneof(
          fc.constant('*'),
          words.map((text) => `arn:aws:s3:::${text}`),
          fc.array(words),
        ),
        Condition: fc.dictionary(
          fc.constantFrom(
            'StringLike',
            'ArnLike',
            'Null',
            'IpAddress',
            'DateEquals',
            '__proto__',
            'constructor',
          ),
          fc.dictionary(
            fc.oneof(fc.constant('aws:username'), words),
            fc.oneof(words, fc.array(words)),
          ),
        ),
      },
      { requiredKeys: [] },
    )
    .map((statement) => one(statement));
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(json, nearly), words, (document, text) => {
      try {
        const policy = readPolicy('p', document);
        read++;
        const context = contextOf({ 'aws:username': text });
        decide({ action: 's3:CreateJob', resource: `arn:aws:s3:::${text}`, context }, [policy]);
      } catch (error) {
        if (!(error instanceof PolicyDefect)) throw error;
      }
    }),
    { numRuns: 3000, seed: 11 },
  );
  assert.ok(read > 20, `only ${read} documents were read`);
});

test('a pattern of nothing but wildcards on a long text is judged at once', () => {
  const pattern = '*a'.repeat(4000);
  const policy = readPolicy(
    'p',
    one({ ...GOOD, Condition: { StringLike: { 'x:a': `${pattern}b` } } }),
  );
  const context = contextOf({ 'x:a': 'a'.repeat(8000) });
  // A pattern that was tried in every way would not end within the test's own patience.
  assert.equal(
    decide({ action: 's3:CreateJob', resource: '*', context }, [policy]).isAllowed,
    false,
  );
});
