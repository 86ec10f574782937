/** Manifests for tests: arbitrary rows, spelt in arbitrary ways, and a cutter fed in pieces. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ChunkRange,
  type CutterCheckpoint,
  ManifestCutter,
  readTasks,
} from '../../src/manifest/index.ts';
import type { Task } from '../../src/model/outcome.ts';
import type { ManifestField } from '../../src/model/vocabulary.ts';

export const BUCKET = 'photos.example';

export interface Spelt {
  /** As the file has it, unquoted. */
  readonly manifestKey: string;
  readonly key: string;
}

const PLAIN = [...'abzAZ09/-_.~!*()\'":,;&=?#@$[]{}|\\^`<> \n\r\té日😀\u00a0\u2028'];

/** One character of a key, spelt as itself, as escapes, or as a plus. */
const speltCharacter: fc.Arbitrary<Spelt> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abcXYZ019/-_.').map((c) => spell(c, c)) },
  fc.constantFrom(...PLAIN).map((c) => spell(c, c)),
  fc
    .tuple(fc.constantFrom(...PLAIN, '%', '+', '\0', '\uffff'), fc.boolean())
    .map(([c, isLower]) => spell(escapes(c, isLower), c)),
  fc.constant(spell('+', ' ')),
);

function spell(manifestKey: string, key: string): Spelt {
  return { manifestKey, key };
}

function escapes(character: string, isLower: boolean): string {
  const hex = [...Buffer.from(character)]
    .map((b) => `%${b.toString(16).padStart(2, '0')}`)
    .join('');
  return isLower ? hex : hex.toUpperCase();
}

export const speltKey: fc.Arbitrary<Spelt> = fc
  .array(speltCharacter, { minLength: 1, maxLength: 40 })
  .map((characters) =>
    spell(characters.map((c) => c.manifestKey).join(''), characters.map((c) => c.key).join('')),
  );

/** Schemas in every order, with up to three ignored columns. */
export const schema: fc.Arbitrary<ManifestField[]> = fc
  .tuple(fc.boolean(), fc.nat(3))
  .chain(([versioned, ignored]) => {
    const fields: ManifestField[] = ['Bucket', 'Key', ...Array<'Ignore'>(ignored).fill('Ignore')];
    if (versioned) fields.push('VersionId');
    return fc.shuffledSubarray(fields, { minLength: fields.length });
  });

export interface Row extends Spelt {
  readonly versionId: string;
  readonly ignored: string;
  /** Quotes even what needs no quotes. */
  readonly isQuoted: boolean;
  readonly lineEnd: '\n' | '\r\n';
}

export const row: fc.Arbitrary<Row> = fc
  .record({
    spelt: speltKey,
    versionId: fc.oneof(
      fc.constantFrom('', 'null', '3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY', 'a"b', 'é,1', '%zz'),
      fc
        .string({ unit: 'binary-ascii', maxLength: 20 })
        .map((text) => text.replaceAll(/[\0-\x1f\x7f]/g, '-')),
    ),
    ignored: fc.constantFrom('', '12', '"', 'x,y', 'two\nlines', 'é', '%'),
    isQuoted: fc.boolean(),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ spelt, ...rest }) => ({ ...spelt, ...rest }));

export function writeRow(row: Row, fields: readonly ManifestField[]): string {
  const texts = {
    Bucket: BUCKET,
    Key: row.manifestKey,
    VersionId: row.versionId,
    Ignore: row.ignored,
  };
  const cells = fields.map((field) => {
    const text = texts[field];
    const mustQuote = row.isQuoted || /[",\r\n]/.test(text);
    return mustQuote ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return cells.join(',') + row.lineEnd;
}

/** All tasks of a chunk, made one by one. */
export function tasksIn(...chunk: Parameters<typeof readTasks>): Task[] {
  const tasks = readTasks(...chunk);
  return Array.from({ length: tasks.length }, (_, index) => {
    const task = tasks.at(index);
    assert(task);
    return task;
  });
}

/** Cuts `bytes` at `splits` (any numbers) and feeds a cutter with the pieces. */
export function cut(
  bytes: Uint8Array,
  fields: readonly ManifestField[],
  chunkRows: number,
  splits: readonly number[] = [],
  resume?: CutterCheckpoint,
): { chunks: ChunkRange[]; checkpoint: CutterCheckpoint } {
  const cutter = new ManifestCutter({ fields, chunkRows, ...(resume && { resume }) });
  const at = splits.map((split) => split % (bytes.length + 1)).sort((a, b) => a - b);
  const chunks: ChunkRange[] = [];
  let from = 0;
  for (const to of [...at, bytes.length]) {
    chunks.push(...cutter.push(bytes.subarray(from, to)));
    from = to;
  }
  chunks.push(...cutter.end());
  return { chunks, checkpoint: cutter.checkpoint() };
}
