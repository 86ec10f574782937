// Aim: CreateJob keeps what is right and refuses the rest by the name of the field.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createdJob, createJobXml, openWorld, OTHER_ACCOUNT, type World } from './world.ts';

const world = openWorld();
after(() => world.close());

let tokens = 0;
async function refusal(changes: Record<string, string>, at: World = world): Promise<string> {
  const ClientRequestToken = `<ClientRequestToken>t${tokens++}</ClientRequestToken>`;
  const body = createJobXml({ ClientRequestToken, ...changes });
  const reply = await at.call('POST', '/v20180820/jobs', { body });
  if (reply.status === 200) return 'accepted';
  assert.deepEqual([reply.status, reply.code], [400, 'BadRequestException'], reply.body);
  return reply.message;
}

const manifestOf = (spec: string, arn = 'arn:aws:s3:::b/m.csv'): string =>
  `<Manifest><Spec>${spec}</Spec><Location><ObjectArn>${arn}</ObjectArn><ETag>e</ETag></Location></Manifest>`;
const CSV = '<Format>S3BatchOperations_CSV_20180820</Format>';
const INVENTORY = '<Format>S3InventoryReport_CSV_20161130</Format>';
const fieldsOf = (...names: string[]): string =>
  `<Fields>${names.map((name) => `<member>${name}</member>`).join('')}</Fields>`;
const GENERATOR =
  '<ManifestGenerator><S3JobManifestGenerator><SourceBucket>arn:aws:s3:::b</SourceBucket><EnableManifestOutput>false</EnableManifestOutput></S3JobManifestGenerator></ManifestGenerator>';

test('the same token with the same request answers with the same job', async () => {
  const first = await createdJob(world);
  assert.equal(await createdJob(world), first);
  const reply = await world.call('GET', '/v20180820/jobs');
  assert.equal(reply.body.split('<JobId>').length - 1, 1);
});

test('the order of elements and the default of ConfirmationRequired do not make another request', async () => {
  const token = { ClientRequestToken: '<ClientRequestToken>order</ClientRequestToken>' };
  const first = await createdJob(world, { ...token, ConfirmationRequired: '' });
  const explicit = '<ConfirmationRequired>true</ConfirmationRequired>';
  assert.equal(await createdJob(world, { ...token, ConfirmationRequired: explicit }), first);
  const { ClientRequestToken } = token;
  const body = createJobXml({ ClientRequestToken, ConfirmationRequired: '' });
  const turned = body.replace(/(<Priority>.*<\/Priority>)(<RoleArn>.*<\/RoleArn>)/, '$2$1');
  assert.notEqual(turned, body);
  const reply = await world.call('POST', '/v20180820/jobs', { body: turned });
  assert.match(reply.body, new RegExp(first));
});

test('the same token with another request is refused with IdempotencyException', async () => {
  const token = { ClientRequestToken: '<ClientRequestToken>twice</ClientRequestToken>' };
  await createdJob(world, token);
  const body = createJobXml({ ...token, Priority: '<Priority>11</Priority>' });
  const reply = await world.call('POST', '/v20180820/jobs', { body });
  assert.deepEqual([reply.status, reply.code], [400, 'IdempotencyException']);
});

test('the same token of another account is another request', async () => {
  const token = { ClientRequestToken: '<ClientRequestToken>shared</ClientRequestToken>' };
  const mine = await createdJob(world, token);
  const theirs = await createdJob(world, token, { accessKeyId: 'OTHER', account: OTHER_ACCOUNT });
  assert.notEqual(mine, theirs);
});

test('an absent ConfirmationRequired means true', async () => {
  const token = { ClientRequestToken: '<ClientRequestToken>absent</ClientRequestToken>' };
  const id = await createdJob(world, { ...token, ConfirmationRequired: '' });
  const reply = await world.call('GET', `/v20180820/jobs/${id}`);
  assert.match(reply.body, /<ConfirmationRequired>true<\/ConfirmationRequired>/);
});

test('exactly one of Manifest and ManifestGenerator must be given', async () => {
  const rule = /exactly one of Manifest and ManifestGenerator/;
  assert.match(await refusal({ Manifest: '' }), rule);
  assert.match(await refusal({ ManifestGenerator: GENERATOR }), rule);
  assert.equal(await refusal({ Manifest: '', ManifestGenerator: GENERATOR }), 'accepted');
});

test('exactly one operation must be given', async () => {
  const rule = /Operation: must hold exactly one operation/;
  const tagging = '<S3PutObjectTagging><TagSet/></S3PutObjectTagging>';
  assert.match(await refusal({ Operation: '<Operation/>' }), rule);
  assert.match(
    await refusal({ Operation: `<Operation>${tagging}<S3DeleteObjectTagging/></Operation>` }),
    rule,
  );
  assert.equal(await refusal({ Operation: `<Operation>${tagging}</Operation>` }), 'accepted');
});

test('an operation refuses its own parameters by the path of the field', async () => {
  const tag = '<member><Key>k</Key><Value>v</Value></member>';
  const Operation = `<Operation><S3PutObjectTagging><TagSet>${tag}${tag}</TagSet></S3PutObjectTagging></Operation>`;
  assert.match(await refusal({ Operation }), /Operation\.S3PutObjectTagging\.TagSet\[1\]\.Key: /);
  const missing = '<Operation><S3PutObjectTagging/></Operation>';
  assert.match(await refusal({ Operation: missing }), /S3PutObjectTagging\.TagSet: is required/);
});

test('an enabled report needs bucket, format and scope, a disabled one nothing', async () => {
  assert.equal(
    await refusal({ Report: '<Report><Enabled>true</Enabled></Report>' }),
    'Report.Bucket: is required when Enabled is true; Report.Format: is required when Enabled is true; Report.ReportScope: is required when Enabled is true',
  );
  const whole =
    '<Report><Bucket>arn:aws:s3:::b</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled><Prefix>p</Prefix><ReportScope>AllTasks</ReportScope></Report>';
  assert.equal(await refusal({ Report: whole }), 'accepted');
  assert.match(
    await refusal({ Report: whole.replace(':::b<', ':::b/key<') }),
    /^Report.Bucket: must be the ARN of a bucket/,
  );
});

test('the columns of a CSV manifest must name Bucket and Key once', async () => {
  const spec = (...names: string[]) => ({ Manifest: manifestOf(CSV + fieldsOf(...names)) });
  const must = 'Manifest.Spec.Fields: must contain';
  assert.equal(await refusal({ Manifest: manifestOf(CSV) }), `${must} Bucket; ${must} Key`);
  assert.equal(await refusal(spec('Bucket')), `${must} Key`);
  assert.equal(await refusal(spec('Key', 'VersionId')), `${must} Bucket`);
  assert.equal(await refusal(spec('Bucket', 'Key', 'Key')), `${must} Key only once`);
  assert.equal(
    await refusal(spec('Bucket', 'Key', 'VersionId', 'VersionId')),
    `${must} VersionId only once`,
  );
  assert.equal(await refusal(spec('Ignore', 'Key', 'Ignore', 'Bucket', 'VersionId')), 'accepted');
  assert.match(await refusal(spec('Bucket', 'key')), /Fields\[1\]: must be one of Ignore, Bucket/);
});

test('an inventory manifest brings its own columns', async () => {
  assert.equal(await refusal({ Manifest: manifestOf(INVENTORY) }), 'accepted');
  assert.equal(
    await refusal({ Manifest: manifestOf(INVENTORY + fieldsOf('Bucket', 'Key')) }),
    'Manifest.Spec.Fields: must be left out for the format S3InventoryReport_CSV_20161130',
  );
});

test('the manifest is an object with a key', async () => {
  const spec = CSV + fieldsOf('Bucket', 'Key');
  for (const arn of ['arn:aws:s3:::b', 'arn:aws:s3:::b/', 's3://b/k', 'arn:aws:s3:eu:1:b/k']) {
    const message = await refusal({ Manifest: manifestOf(spec, arn) });
    assert.match(message, /^Manifest\.Location\.ObjectArn: must be the ARN of an object/, arn);
  }
  const arn = 'arn:aws-cn:s3:::b/a/b c';
  assert.equal(await refusal({ Manifest: manifestOf(spec, arn) }), 'accepted');
});

test('a generator that is to keep its list needs a place for it', async () => {
  const ManifestGenerator = GENERATOR.replace('>false<', '>true<');
  assert.equal(
    await refusal({ Manifest: '', ManifestGenerator }),
    'ManifestGenerator.S3JobManifestGenerator.ManifestOutputLocation: is required when EnableManifestOutput is true',
  );
});

test('what the workers cannot run is refused in a clear sentence', async () => {
  const small = openWorld({
    supports: { manifestFormats: ['S3BatchOperations_CSV_20180820'], generator: false },
  });
  assert.equal(
    await refusal({ Manifest: manifestOf(INVENTORY) }, small),
    'Manifest.Spec.Format: S3InventoryReport_CSV_20161130 is not supported by this version of Bucket Brigade',
  );
  assert.equal(
    await refusal({ Manifest: '', ManifestGenerator: GENERATOR }, small),
    'ManifestGenerator: is not supported by this version of Bucket Brigade',
  );
  await small.close();
});

test('job tags are at most fifty, unique, and none of AWS or of an unknown option', async () => {
  const tags = (...keys: string[]) => ({
    Tags: `<Tags>${keys.map((key) => `<member><Key>${key}</Key><Value/></member>`).join('')}</Tags>`,
  });
  const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);
  assert.equal(await refusal(tags(...keys(50))), 'accepted');
  assert.equal(await refusal(tags(...keys(51))), 'Tags: must hold at most 50 tags');
  assert.equal(await refusal(tags('a', 'A', 'a')), 'Tags[2].Key: must be unique');
  assert.match(await refusal(tags('aws:x')), /^Tags\[0\]\.Key: .*reserved prefix aws:/);
  assert.match(
    await refusal(tags('brigade:speed')),
    /^Tags\[0\]\.Key: brigade:speed is no option; there are max-tasks-per-second, concurrency, /,
  );
});

test('members of newer AWS models are refused by what they ask for', async () => {
  const Operation =
    '<Operation><S3PutObjectCopy><TargetResource>arn:aws:s3:::t</TargetResource><AnnotationDirective>COPY</AnnotationDirective></S3PutObjectCopy></Operation>';
  const message = await refusal({ Operation });
  assert.match(message, /^Operation\.S3PutObjectCopy\.AnnotationDirective: asks for a feature/);
});

test('a message names many problems and stays within 1024 characters', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `<Unknown${i}/>`).join('');
  const message = await refusal({ Extra: names });
  assert.ok(message.length <= 1024);
  assert.match(message, /^Unknown0: is not known here; Unknown1: /);
});

test('a refused request leaves no job behind', async () => {
  const empty = openWorld();
  await refusal({ Priority: '<Priority>-1</Priority>' }, empty);
  const reply = await empty.call('GET', '/v20180820/jobs');
  assert.ok(!reply.body.includes('<JobId>'));
  await empty.close();
});

test('bodies that are not the XML of a CreateJob are refused', async () => {
  const bodies: [string, string][] = [
    ['', 'MalformedXML'],
    ['{}', 'MalformedXML'],
    ['<CreateJobRequest>', 'MalformedXML'],
    ['<PutJobTaggingRequest/>', 'MalformedXML'],
    ['<!DOCTYPE x [<!ENTITY e "e">]><CreateJobRequest>&e;</CreateJobRequest>', 'MalformedXML'],
    ['<CreateJobRequest/>', 'BadRequestException'],
    ['<CreateJobRequest>text</CreateJobRequest>', 'BadRequestException'],
  ];
  for (const [body, code] of bodies) {
    const reply = await world.call('POST', '/v20180820/jobs', { body });
    assert.deepEqual([reply.status, reply.code], [400, code], body);
  }
});

test('a body above one mebibyte is refused with EntityTooLarge', async () => {
  const body = createJobXml({ Description: `<Description>${'x'.repeat(1 << 20)}</Description>` });
  const reply = await world.call('POST', '/v20180820/jobs', { body });
  assert.deepEqual([reply.status, reply.code], [400, 'EntityTooLarge']);
});
