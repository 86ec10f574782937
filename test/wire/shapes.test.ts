// Aim: our shapes are AWS's, member by member; what the AWS SDK writes we read as it was; and every
// field refuses, by its own path, what lies outside its space.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { CreateJobRequest$, PutJobTaggingRequest$ } from '@aws-sdk/client-s3-control';
import { NormalizedSchema } from '@smithy/core/schema';
import { readBody } from '../../src/api/wire.ts';
import { CREATE_JOB_BODY, PUT_JOB_TAGGING_BODY } from '../../src/model/job-shapes.ts';
import type { Member, Shape, StructShape } from '../../src/model/shape.ts';
import { fittingText, valueOf } from './samples.ts';

const read = (xml: string, root = 'CreateJobRequest', shape = CREATE_JOB_BODY) =>
  readBody(Buffer.from(xml), root, shape);

function compare(shape: Shape, schema: NormalizedSchema, path: string): void {
  switch (shape.kind) {
    case 'text':
      assert.ok(schema.isStringSchema(), path);
      return;
    case 'integer':
      assert.ok(schema.isNumericSchema(), path);
      return;
    case 'boolean':
      assert.ok(schema.isBooleanSchema(), path);
      return;
    case 'timestamp':
      assert.ok(schema.isTimestampSchema(), path);
      return;
    case 'list':
      assert.ok(schema.isListSchema(), path);
      compare(shape.item, schema.getValueSchema(), `${path}[]`);
      return;
    case 'map':
      assert.ok(schema.isMapSchema(), path);
      return;
    case 'struct':
      compareMembers(shape, schema, path);
  }
}

function compareMembers(shape: StructShape, schema: NormalizedSchema, path: string): void {
  assert.ok(schema.isStructSchema(), path);
  const theirs = [...schema.structIterator()].filter(([, member]) => {
    const { httpHeader, httpLabel } = member.getMergedTraits();
    return httpHeader === undefined && httpLabel === undefined;
  });
  assert.deepEqual(theirs.map(([name]) => name).sort(), Object.keys(shape.members).sort(), path);
  for (const [name, member] of theirs) {
    const ours = shape.members[name];
    assert.ok(ours !== undefined, `${path}.${name}`);
    assert.equal(ours.xml ?? name, member.getMemberTraits().xmlName ?? name, `${path}.${name}`);
    compare(ours.shape, member, `${path}.${name}`);
  }
}

test('the shapes have the members, kinds and names of the AWS SDK', () => {
  compare(CREATE_JOB_BODY, NormalizedSchema.of(CreateJobRequest$), 'CreateJob');
  compare(PUT_JOB_TAGGING_BODY, NormalizedSchema.of(PutJobTaggingRequest$), 'PutJobTagging');
});

function written(schema: typeof CreateJobRequest$, value: unknown): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: true,
    xmlNamespace: 'http://awss3control.amazonaws.com/doc/2018-08-20/',
    serviceNamespace: 'com.amazonaws.s3control',
  });
  serializer.write(schema, value);
  return String(serializer.flush());
}

test('whatever CreateJob the AWS SDK writes is read as it was', () => {
  fc.assert(
    fc.property(valueOf(CREATE_JOB_BODY), (request) => {
      const { value, problems } = read(written(CreateJobRequest$, request));
      assert.deepEqual(problems, []);
      assert.deepEqual(value, request);
    }),
    { numRuns: 500 },
  );
});

test('the order of elements and the names of list items have no meaning', () => {
  const turned = (xml: string): string =>
    xml
      .replaceAll('<member>', '<S3Thing>')
      .replaceAll('</member>', '</S3Thing>')
      .replace(/(<Priority>.*<\/Priority>)(<RoleArn>.*<\/RoleArn>)/s, '$2$1');
  fc.assert(
    fc.property(valueOf(CREATE_JOB_BODY), (request) => {
      const { value, problems } = read(turned(written(CreateJobRequest$, request)));
      assert.deepEqual(problems, []);
      assert.deepEqual(value, request);
    }),
  );
});

/** One field of the tree, the XML around it, and its path as problems name it. */
interface Field {
  readonly path: string;
  readonly member: Member;
  wrap(element: string): string;
  readonly tag: string;
}

function fieldsOf(shape: Shape, path: string, wrap: (inner: string) => string): Field[] {
  if (shape.kind === 'list') {
    const item = (inner: string): string => wrap(`<member>${inner}</member>`);
    const here: Field = {
      path: `${path}[0]`,
      member: { shape: shape.item, required: false },
      wrap: (element) => wrap(element),
      tag: 'member',
    };
    return [here, ...fieldsOf(shape.item, `${path}[0]`, item)];
  }
  if (shape.kind === 'map') {
    const other = { key: 'value', value: 'key' } as const;
    return (['key', 'value'] as const).map((tag) => ({
      path: `${path}[0].${tag}`,
      member: { shape: shape[tag], required: true },
      wrap: (element) =>
        wrap(
          `<entry>${element}<${other[tag]}>${fittingText(shape[other[tag]])}</${other[tag]}></entry>`,
        ),
      tag,
    }));
  }
  if (shape.kind !== 'struct') return [];
  return Object.entries(shape.members).flatMap(([name, member]) => {
    const tag = member.xml ?? name;
    const at = path === '' ? tag : `${path}.${tag}`;
    const inner = (text: string): string => wrap(`<${tag}>${text}</${tag}>`);
    return [{ path: at, member, wrap, tag }, ...fieldsOf(member.shape, at, inner)];
  });
}

const FIELDS = fieldsOf(
  CREATE_JOB_BODY,
  '',
  (inner) => `<CreateJobRequest>${inner}</CreateJobRequest>`,
);

function inside(shape: Shape): string[] {
  switch (shape.kind) {
    case 'text': {
      if (shape.values !== undefined) return [...shape.values];
      const fitting = fittingText(shape);
      if (shape.pattern !== undefined) return [fitting];
      return ['x'.repeat(shape.min), 'x'.repeat(shape.max), '𝒳'.repeat(shape.max)];
    }
    case 'integer':
      return [String(shape.min), String(shape.max), ` ${shape.max}\n`];
    case 'boolean':
      return ['true', 'false'];
    case 'timestamp':
      return ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678000+01:00'];
    case 'list':
    case 'map':
    case 'struct':
      return [];
  }
}

function outside(shape: Shape): string[] {
  switch (shape.kind) {
    case 'text': {
      const tooLong = 'x'.repeat(shape.max + 1);
      const tooShort = shape.min > 0 ? ['x'.repeat(shape.min - 1), ''] : [];
      const strange =
        shape.values === undefined ? [] : ['nonsense', '', ` ${shape.values[0] ?? ''}`];
      const unfitting = shape.pattern === undefined ? [] : ['§§§', `§${fittingText(shape)}`];
      return [tooLong, ...tooShort, ...strange, ...unfitting, '<x/>'];
    }
    case 'integer':
      return [String(shape.min - 2), String(shape.max + 2), '', 'x', '1.5', '1e2', '0x1', '<x/>'];
    case 'boolean':
      return ['True', 'yes', '1', '', '<x/>'];
    case 'timestamp':
      return ['today', '2026-02-30T00:00:00Z', '1700000000', '', '<x/>'];
    case 'list':
    case 'map':
    case 'struct':
      return ['text'];
  }
}

test('the table of fields covers the whole request', () => {
  assert.ok(FIELDS.length > 130, String(FIELDS.length));
  assert.ok(FIELDS.some(({ path }) => path === 'Operation.S3PutObjectTagging.TagSet[0].Key'));
});

test('every field accepts the ends of its space', () => {
  for (const { path, member, wrap, tag } of FIELDS) {
    for (const text of inside(member.shape)) {
      const { problems } = read(wrap(`<${tag}>${text}</${tag}>`));
      const own = problems.filter(({ field }) => field === path);
      assert.deepEqual(own, [], `${path}: ${text.slice(0, 80)}`);
    }
  }
});

test('every field refuses what lies outside its space, by its own path', () => {
  for (const { path, member, wrap, tag } of FIELDS) {
    for (const text of outside(member.shape)) {
      const { problems } = read(wrap(`<${tag}>${text}</${tag}>`));
      const own = problems.filter(({ field }) => field === path);
      assert.ok(own.length > 0, `${path}: ${text.slice(0, 80)}`);
    }
  }
});

test('every field that is missing where it is required, or given twice, is named', () => {
  const parents = new Map<string, StructShape>([['', CREATE_JOB_BODY]]);
  for (const { path, member } of FIELDS) {
    if (member.shape.kind === 'struct') parents.set(path, member.shape);
  }
  for (const { path, member, wrap, tag } of FIELDS) {
    if (tag === 'member') continue;
    const twice = read(wrap(`<${tag}/><${tag}/>`));
    assert.ok(
      twice.problems.some(({ field, message }) => field === path && /more than once/.test(message)),
      path,
    );
    const unknown = read(wrap(`<${tag}x/>`));
    assert.ok(
      unknown.problems.some(({ field }) => field === `${path}x`),
      path,
    );
    if (member.required) {
      const missing = read(wrap(''));
      assert.ok(
        missing.problems.some(({ field, message }) => field === path && message === 'is required'),
        path,
      );
    }
  }
});

test('lists and maps are bounded', () => {
  const problemsOf = (inner: string): string[] =>
    read(`<CreateJobRequest>${inner}</CreateJobRequest>`).problems.map(
      ({ field, message }) => `${field}: ${message}`,
    );
  const filter = (inner: string): string =>
    `<ManifestGenerator><S3JobManifestGenerator><Filter>${inner}</Filter></S3JobManifestGenerator></ManifestGenerator>`;
  const encryption = '<ObjectEncryption><SSE-S3/></ObjectEncryption>';
  const path = 'ManifestGenerator.S3JobManifestGenerator.Filter.MatchAnyObjectEncryption';
  for (const [count, isFine] of [
    [0, false],
    [1, true],
    [2, false],
  ] as const) {
    const inner = `<MatchAnyObjectEncryption>${encryption.repeat(count)}</MatchAnyObjectEncryption>`;
    const own = problemsOf(filter(inner)).filter((problem) => problem.startsWith(path));
    assert.equal(own.length === 0, isFine, String(count));
  }
  const entries = (count: number): string =>
    `<Operation><LambdaInvoke><UserArguments>${Array.from({ length: count }, (_, i) => `<entry><key>k${i}</key><value/></entry>`).join('')}</UserArguments></LambdaInvoke></Operation>`;
  const own = (count: number): string[] =>
    problemsOf(entries(count)).filter((p) => p.startsWith('Operation.LambdaInvoke.UserArguments'));
  assert.deepEqual([own(0).length, own(1).length, own(10).length, own(11).length], [1, 0, 0, 1]);
  const twice = entries(2).replace('k1', 'k0');
  assert.ok(
    problemsOf(twice).includes(
      'Operation.LambdaInvoke.UserArguments[1].key: is given more than once',
    ),
  );
});

test('a map may have a key of any name', () => {
  const xml =
    '<CreateJobRequest><Operation><LambdaInvoke><UserArguments><entry><key>__proto__</key><value>v</value></entry></UserArguments></LambdaInvoke></Operation></CreateJobRequest>';
  const text = JSON.stringify(read(xml).value);
  assert.match(text, /"UserArguments":\{"__proto__":"v"\}/);
});
