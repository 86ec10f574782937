/** The ground of the staging contract in a bucket of any S3 endpoint. */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3, elements, elementText, type S3Request } from '../../src/s3/index.ts';
import { bucketStaging, type Staging } from '../../src/staging/index.ts';
import type { S3Endpoint } from './s3-harness.ts';
import type { StagingGround } from './staging.contract.ts';

const BUCKET = 'staging-of-tests';

export async function bucketGround(endpoint: S3Endpoint): Promise<StagingGround> {
  const { accessKeyId, secretAccessKey } = endpoint;
  const s3 = createS3({
    endpoint: endpoint.endpoint,
    region: endpoint.region,
    credentials: { accessKeyId, secretAccessKey },
    clock: systemClock,
    random: systemRandom,
  });
  const ask = async (request: S3Request): Promise<string> => {
    const answer = await s3.send({ bucket: BUCKET, ...request });
    assert.equal(answer.status, 200, answer.body.toString());
    return answer.body.toString();
  };
  await ask({ method: 'PUT' });
  const open = (prefix: string, bucket = BUCKET): Staging =>
    bucketStaging({ s3, bucket, prefix, clock: systemClock, random: systemRandom });
  return {
    open: (name) => open(name),
    refused: () => open('somewhere', 'no-such-bucket-of-tests'),
    async files(name) {
      const list = { 'list-type': '2', prefix: `${name}/` };
      const page = await ask({ method: 'GET', query: list });
      assert.equal(elementText(page, 'IsTruncated'), 'false');
      return elements(page, 'Contents').map((one) =>
        (elementText(one, 'Key') ?? '').slice(name.length + 1),
      );
    },
    async put(name, path, bytes) {
      await ask({ method: 'PUT', key: `${name}/${path}`, body: bytes });
    },
    async close() {
      await s3.close();
      await endpoint.stop();
    },
  };
}
