/** Valid values of every shape, as fast-check arbitraries, and requests made of them. */
import fc from 'fast-check';
import type { Shape, StructShape, TextShape } from '../../src/model/shape.ts';

/** A text that fits each pattern, by what the pattern says. */
const FITTING: readonly [RegExp, string][] = [
  [/twelve digits/, '123456789012'],
  [/ARN of a bucket/, 'arn:aws:s3:::bucket'],
  [/ARN of an object/, 'arn:aws:s3:::bucket/a key/ü'],
  [/ARN of a role/, 'arn:aws:iam::123456789012:role/path/name'],
  [/ARN of a function/, 'arn:aws:lambda:us-east-1:123456789012:function:name:$LATEST'],
  [/ARN of a KMS key/, 'arn:aws:kms:us-east-1:123456789012:key/abc-1'],
  [/letters, digits, spaces/, 'Tag ü_.:/=+-@ 1'],
];

export function fittingText(shape: TextShape): string {
  if (shape.values !== undefined) return shape.values[0] ?? '';
  const says = shape.pattern?.says;
  if (says === undefined) return 'x'.repeat(shape.min);
  const sample = FITTING.find(([pattern]) => pattern.test(says))?.[1];
  if (sample === undefined) throw new Error(`No sample for a text that ${says}.`);
  return sample;
}

/** What XML can carry; a carriage return would come back as a line break. */
const xmlText = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((s) => s.replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, '.'));

function textOf(shape: TextShape): fc.Arbitrary<string> {
  if (shape.values !== undefined) return fc.constantFrom(...shape.values);
  if (shape.pattern !== undefined) return fc.constant(fittingText(shape));
  return xmlText.map((s) => s.padEnd(shape.min, 'x'));
}

export function valueOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'text':
      return textOf(shape);
    case 'integer':
      return fc.integer({
        min: Math.max(shape.min, -(2 ** 31)),
        max: Math.min(shape.max, 2 ** 31 - 1),
      });
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') });
    case 'list':
      return fc.array(valueOf(shape.item), {
        minLength: shape.min,
        maxLength: Math.min(shape.max, 3),
      });
    case 'map':
      return fc.dictionary(textOf(shape.key), textOf(shape.value), {
        minKeys: shape.min,
        maxKeys: Math.min(shape.max, 3),
        noNullPrototype: true,
      });
    case 'struct':
      return structOf(shape);
  }
}

function structOf(shape: StructShape): fc.Arbitrary<unknown> {
  const members = Object.entries(shape.members);
  if (shape.exactlyOne !== undefined) {
    return fc.oneof(
      ...members.map(([name, member]) => valueOf(member.shape).map((value) => ({ [name]: value }))),
    );
  }
  const model = Object.fromEntries(members.map(([name, member]) => [name, valueOf(member.shape)]));
  const requiredKeys = members.filter(([, member]) => member.required).map(([name]) => name);
  return fc.record(model, { requiredKeys, noNullPrototype: true });
}
