import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3AccessControlPolicy } from '@aws-sdk/client-s3-control';
import { FakeS3, problems, run, TASK } from './scene.ts';

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const FIELD = 'Operation.S3PutObjectAcl.AccessControlPolicy';

function acl(AccessControlPolicy: S3AccessControlPolicy | undefined) {
  return { S3PutObjectAcl: { AccessControlPolicy } };
}

test('a canned ACL is a header and no body', async () => {
  const s3 = new FakeS3();
  const policy = acl({ CannedAccessControlList: 'bucket-owner-full-control' });
  assert.deepEqual(problems(policy), []);
  await run(policy, s3, { ...TASK, versionId: 'v1' });
  assert.deepEqual(s3.requests, [
    {
      method: 'PUT',
      bucket: 'source',
      key: 'a b/ü+',
      query: { acl: '', versionId: 'v1' },
      headers: { 'x-amz-acl': 'bucket-owner-full-control' },
    },
  ]);
});

test('a list becomes XML with every kind of grantee', async () => {
  const s3 = new FakeS3();
  const policy = acl({
    AccessControlList: {
      Owner: { ID: 'owner&1', DisplayName: 'me' },
      Grants: [
        {
          Grantee: { TypeIdentifier: 'id', Identifier: '75aa', DisplayName: 'you' },
          Permission: 'FULL_CONTROL',
        },
        {
          Grantee: { TypeIdentifier: 'emailAddress', Identifier: 'a@b.c' },
          Permission: 'READ',
        },
        {
          Grantee: { TypeIdentifier: 'uri', Identifier: 'http://acs/?a&b' },
          Permission: 'WRITE_ACP',
        },
      ],
    },
  });
  assert.deepEqual(problems(policy), []);
  await run(policy, s3);
  assert.equal(
    s3.requests[0]?.body?.toString(),
    '<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      '<Owner><ID>owner&amp;1</ID><DisplayName>me</DisplayName></Owner><AccessControlList>' +
      `<Grant><Grantee ${XSI} xsi:type="CanonicalUser"><ID>75aa</ID><DisplayName>you</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>` +
      `<Grant><Grantee ${XSI} xsi:type="AmazonCustomerByEmail"><EmailAddress>a@b.c</EmailAddress></Grantee><Permission>READ</Permission></Grant>` +
      `<Grant><Grantee ${XSI} xsi:type="Group"><URI>http://acs/?a&amp;b</URI></Grantee><Permission>WRITE_ACP</Permission></Grant>` +
      '</AccessControlList></AccessControlPolicy>',
  );
  assert.deepEqual(s3.requests[0].query, { acl: '' });
});

test('exactly one of the two forms is accepted', () => {
  const either = [`${FIELD}: must hold either AccessControlList or CannedAccessControlList`];
  const list = { Owner: { ID: 'me' } };
  assert.deepEqual(problems(acl(undefined)), either);
  assert.deepEqual(problems(acl({})), either);
  const both = { AccessControlList: list, CannedAccessControlList: 'private' } as const;
  assert.deepEqual(problems(acl(both)), either);
  assert.deepEqual(problems(acl({ AccessControlList: list })), []);
});

test('a list needs its owner, and each grant all of its parts', () => {
  const AccessControlList = {
    Owner: { DisplayName: 'bell\u0007' },
    Grants: [
      {},
      { Grantee: { TypeIdentifier: 'id', Identifier: 'a\u0000' }, Permission: 'READ' } as const,
    ],
  };
  const list = `${FIELD}.AccessControlList`;
  assert.deepEqual(problems(acl({ AccessControlList })), [
    `${list}.Grants[0].Grantee.TypeIdentifier: is required`,
    `${list}.Grants[0].Grantee.Identifier: is required`,
    `${list}.Grants[0].Permission: is required`,
    `${list}.Grants[1].Grantee.Identifier: must not hold control characters`,
    `${list}.Owner.ID: is required`,
    `${list}.Owner.DisplayName: must not hold control characters`,
  ]);
});

test('an ACL holds a hundred grants', () => {
  const grant = { Grantee: { TypeIdentifier: 'id', Identifier: 'a' }, Permission: 'READ' } as const;
  const grants = (count: number) =>
    acl({ AccessControlList: { Owner: { ID: 'me' }, Grants: Array(count).fill(grant) } });
  assert.deepEqual(problems(grants(100)), []);
  assert.deepEqual(problems(grants(101)), [
    `${FIELD}.AccessControlList.Grants: must hold at most 100 grants`,
  ]);
});
