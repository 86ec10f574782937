// Aim: boto3 and the aws cli, unmodified, are told why they were refused, and get, use and lose
// temporary keys of the service's own STS.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../src/base/clock.ts';
import {
  ACCOUNT,
  type AccessWorld,
  type Credentials,
  openAccessWorld,
  userKey,
} from '../api/access-world.ts';
import { documentOf } from '../auth/access-page.ts';

let world: AccessWorld;
let alice: Credentials;

before(async () => {
  // Real clients sign with the time of the day; it stands still, and is moved by the tests.
  world = await openAccessWorld({ clock: new ManualClock(Date.now()) });
  const desk = world.desk();
  await desk.putPolicy('ceiling', documentOf('priority-by-department'));
  const tags = [{ key: 'department', value: 'QA' }];
  alice = await userKey(desk, { user: 'alice', tags, policies: ['ceiling', 'read-only'] });
});
after(() => world.close());

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], as: Credentials): Promise<Ran> {
  const { accessKeyId, secretAccessKey, sessionToken } = as;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PYENV_ROOT: process.env['PYENV_ROOT'],
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    PYTHONWARNINGS: 'ignore',
  };
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : Number(error.code ?? 1);
      resolve({ status, stdout, stderr });
    });
  });
}

const sts = (as: Credentials, ...args: string[]): Promise<Ran> =>
  run('aws', ['sts', ...args, '--endpoint-url', world.url], as);
const control = (as: Credentials, ...args: string[]): Promise<Ran> => {
  const where = ['--region', 'snow', '--endpoint-url', world.url, '--account-id', ACCOUNT];
  return run('aws', ['s3control', ...args, ...where], as);
};

test('the aws cli reads why it was refused', async () => {
  const job = ['update-job-priority', '--job-id', 'some-job-id', '--priority', '101'];
  const refused = await control(alice, ...job);
  assert.notEqual(refused.status, 0);
  assert.match(
    refused.stderr,
    /\(AccessDenied\) when calling the UpdateJobPriority operation: User: arn:aws:iam::123456789012:user\/alice is not authorized to perform: s3:UpdateJobPriority on resource: "arn:aws:s3:us-east-1:123456789012:job\/some-job-id" because no identity-based policy allows/,
  );
});

test('the aws cli asks who it is, and gets and uses a session token until its key is disabled', async () => {
  const who = await sts(alice, 'get-caller-identity', '--query', 'Arn', '--output', 'text');
  assert.equal(who.stdout.trim(), 'arn:aws:iam::123456789012:user/alice', who.stderr);
  const got = await sts(alice, 'get-session-token', '--duration-seconds', '900');
  assert.equal(got.status, 0, got.stderr);
  const { Credentials: given } = JSON.parse(got.stdout) as {
    Credentials: Readonly<Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken', string>>;
  };
  const session = {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
  };
  const listed = await control(session, 'list-jobs');
  assert.equal(listed.status, 0, listed.stderr);
  await world.desk().setStatus(alice.accessKeyId, 'Inactive');
  world.clock.advance(5000);
  assert.match((await control(session, 'list-jobs')).stderr, /\(InvalidAccessKeyId\)/);
  await world.desk().setStatus(alice.accessKeyId, 'Active');
  world.clock.advance(5000);
  assert.equal((await control(session, 'list-jobs')).status, 0);
  // The clock of this service is ahead of the client's from here on, by no more than S3 lets pass.
});

test('boto3 works with a session token, within the limits of its user', async () => {
  const code = `
import boto3, botocore, sys
from botocore.config import Config
url, account = sys.argv[1:]
once = Config(retries={"total_max_attempts": 1})
given = boto3.client("sts", endpoint_url=url, region_name="us-east-1", config=once).get_session_token()["Credentials"]
keys = dict(aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"])
def control(**more):
    return boto3.client("s3control", endpoint_url=url, region_name="snow", config=once, **keys, **more)
c = control(aws_session_token=given["SessionToken"])
def create(priority, **more):
    return c.create_job(AccountId=account, Priority=priority, ClientRequestToken="t%d" % priority,
        Operation={"S3PutObjectTagging": {"TagSet": [{"Key": "k", "Value": "v"}]}},
        Report={"Enabled": False}, RoleArn="arn:aws:iam::123456789012:role/batch-x",
        Manifest={"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
                  "Location": {"ObjectArn": "arn:aws:s3:::b/m.csv", "ETag": "e"}}, **more)["JobId"]
def refused(call, code):
    try: call()
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]["Message"]
    raise AssertionError("accepted, where " + code + " was expected")
id = create(100)
assert c.describe_job(AccountId=account, JobId=id)["Job"]["Priority"] == 100
assert "s3:CreateJob" in refused(lambda: create(101), "AccessDenied")
assert "s3:PutJobTagging" in refused(lambda: create(99, Tags=[{"Key": "a", "Value": "b"}]), "AccessDenied")
refused(lambda: control(aws_session_token=given["SessionToken"][:-4] + "AAAA").list_jobs(AccountId=account), "InvalidToken")
refused(lambda: control().list_jobs(AccountId=account), "InvalidAccessKeyId")
`;
  const ran = await run('python3', ['-c', code, world.url, ACCOUNT], alice);
  assert.equal(ran.status, 0, ran.stderr);
});
