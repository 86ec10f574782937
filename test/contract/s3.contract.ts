/**
 * What the product needs of an S3-compatible store, as tests that run over any of them: the sandbox
 * without a skip, real stores with a list of what they are known to lack.
 *
 * I1. A skip is visible in the output with its reason, and names a case that exists.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aclCases } from './s3-acl.ts';
import { bucketCases } from './s3-buckets.ts';
import { copyCases } from './s3-copy.ts';
import { type ContractCase, type S3Endpoint, World } from './s3-harness.ts';
import { listCases } from './s3-lists.ts';
import { multipartCases } from './s3-multipart.ts';
import { objectCases } from './s3-objects.ts';
import { readCases } from './s3-reads.ts';
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
  ...signingCases,
];

/** `skips`: a case's name, and why this store cannot keep it. */
export function s3Contract(
  name: string,
  start: () => Promise<S3Endpoint>,
  skips: Readonly<Record<string, string>>,
): void {
  describe(`S3 contract over ${name}`, () => {
    let world: World | undefined;
    before(async () => {
      world = new World(await start());
    });
    after(async () => {
      world?.close();
      await world?.endpoint.stop();
    });

    test('every case has a name of its own, and every skip names a case', () => {
      const names = CASES.map((contractCase) => contractCase.name);
      assert.equal(new Set(names).size, names.length);
      assert.deepEqual(
        Object.keys(skips).filter((skipped) => !names.includes(skipped)),
        [],
      );
    });
    for (const contractCase of CASES) {
      test(contractCase.name, { skip: skips[contractCase.name] ?? false }, async () => {
        assert.ok(world, 'the store did not start');
        await contractCase.run(world);
      });
    }
  });
}
