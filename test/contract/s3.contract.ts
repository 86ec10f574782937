/**
 * What the product needs of an S3-compatible store, as tests that run over any of them: the sandbox
 * without a skip, real stores with a list of what they are known to lack.
 *
 * I1. A skip is visible in the output with its reason, and names a case that exists.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aclCases } from './s3-acl.ts';
import { attributesCases } from './s3-attributes.ts';
import { bucketSettingsCases } from './s3-bucket-settings.ts';
import { bucketCases } from './s3-buckets.ts';
import { copyCases } from './s3-copy.ts';
import { encryptionCases } from './s3-encryption.ts';
import { type ContractCase, type S3Endpoint, World } from './s3-harness.ts';
import { listCases } from './s3-lists.ts';
import { lockCases } from './s3-lock.ts';
import { multipartCases } from './s3-multipart.ts';
import { objectCases } from './s3-objects.ts';
import { readCases } from './s3-reads.ts';
import { restoreCases } from './s3-restore.ts';
import { signingCases } from './s3-signing.ts';
import { taggingCases } from './s3-tagging.ts';
import { versionCases } from './s3-versions.ts';

const CASES: readonly ContractCase[] = [
  ...bucketCases,
  ...objectCases,
  ...readCases,
  ...versionCases,
  ...taggingCases,
  ...aclCases,
  ...copyCases,
  ...multipartCases,
  ...listCases,
  ...lockCases,
  ...restoreCases,
  ...attributesCases,
  ...encryptionCases,
  ...bucketSettingsCases,
  ...signingCases,
];

/**
 * `skips`: a case's name, and why this store cannot keep it. `asked`: the names of the cases that
 * the store is asked about at all; default all.
 */
export function s3Contract(
  name: string,
  start: () => Promise<S3Endpoint>,
  skips: Readonly<Record<string, string>>,
  asked?: readonly string[],
): void {
  describe(`S3 contract over ${name}`, () => {
    const cases = CASES.filter((contractCase) => asked?.includes(contractCase.name) !== false);
    let world: World | undefined;
    before(async () => {
      world = new World(await start());
    });
    after(async () => {
      world?.close();
      await world?.endpoint.stop();
    });

    test('every case has a name of its own, and every skip names a case', () => {
      const names = cases.map((contractCase) => contractCase.name);
      assert.equal(names.length, asked?.length ?? CASES.length);
      assert.equal(new Set(names).size, names.length);
      assert.deepEqual(
        Object.keys(skips).filter((skipped) => !names.includes(skipped)),
        [],
      );
    });
    for (const contractCase of cases) {
      test(contractCase.name, { skip: skips[contractCase.name] ?? false }, async () => {
        assert.ok(world, 'the store did not start');
        await contractCase.run(world);
      });
    }
  });
}
