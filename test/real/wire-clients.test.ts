// Aim: boto3 and the AWS CLI, unmodified, drive all eight calls, get their typed exceptions, and are
// refused when anything about their signature is wrong. Both ways to reach an endpoint that is no
// AWS host are used: an http proxy in the environment, and the region `snow`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { ACCOUNT, openWorld } from '../api/world.ts';

const world = openWorld({ clock: systemClock });
let server = '';

before(async () => {
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port, so the address is no path.
  server = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
});
after(() => world.close());

/** Nobody resolves this name: the client asks the proxy for it. */
const ENDPOINT = 'http://s3.example:9700';

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[]): Promise<Ran> {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PYENV_ROOT: process.env['PYENV_ROOT'],
    HTTP_PROXY: server,
    http_proxy: server,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
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

const PRELUDE = `
import boto3, botocore, datetime, json, sys, urllib.request
from botocore.config import Config
ACCOUNT, ENDPOINT, SERVER = ${JSON.stringify(ACCOUNT)}, ${JSON.stringify(ENDPOINT)}, sys.argv[1]
def client(endpoint=ENDPOINT, region="us-east-1", key="AKID", secret="secret", **config):
    return boto3.client("s3control", endpoint_url=endpoint, region_name=region,
        aws_access_key_id=key, aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, **config))
c = client()
def job(token, **changes):
    request = dict(AccountId=ACCOUNT, ClientRequestToken=token, Priority=1,
        Operation={"S3PutObjectTagging": {"TagSet": [{"Key": "k", "Value": "v"}]}},
        Report={"Enabled": False}, RoleArn="arn:aws:iam::123456789012:role/r",
        Manifest={"Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
                  "Location": {"ObjectArn": "arn:aws:s3:::b/m.csv", "ETag": "e"}})
    request.update(changes)
    return c.create_job(**request)["JobId"]
def refused(call, code, status=400):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (code, status), (got, error.response["Error"]["Message"])
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error
    raise AssertionError("accepted, where " + code + " was expected")
`;

/** Runs Python with boto3 at hand; what fails there fails here. */
async function python(code: string): Promise<void> {
  const ran = await run('python3', ['-c', PRELUDE + code, server]);
  assert.equal(ran.status, 0, ran.stderr);
}

test('conformance 1: boto3 makes all eight calls through a host with the account before it', () =>
  python(`
id = job("boto-eight", Description="d & <e>", Tags=[{"Key": "a", "Value": "ü"}])
j = c.describe_job(AccountId=ACCOUNT, JobId=id)["Job"]
assert j["Description"] == "d & <e>" and j["Status"] == "New" and j["ConfirmationRequired"] is True, j
assert j["Operation"] == {"S3PutObjectTagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}, j
assert j["Manifest"]["Spec"]["Fields"] == ["Bucket", "Key"] and j["FailureReasons"] == [], j
assert j["ProgressSummary"]["Timers"] == {"ElapsedTimeInActiveSeconds": 0}, j
assert isinstance(j["CreationTime"], datetime.datetime), j
who = dict(AccountId=ACCOUNT, JobId=id)
assert c.get_job_tagging(**who)["Tags"] == [{"Key": "a", "Value": "ü"}]
c.put_job_tagging(Tags=[{"Key": "b", "Value": ""}], **who)
assert c.get_job_tagging(**who)["Tags"] == [{"Key": "b", "Value": ""}]
c.delete_job_tagging(**who)
assert c.get_job_tagging(**who)["Tags"] == []
assert c.update_job_priority(Priority=2147483647, **who)["Priority"] == 2147483647
done = c.update_job_status(RequestedJobStatus="Cancelled", StatusUpdateReason="too much + late & so", **who)
assert (done["Status"], done["StatusUpdateReason"]) == ("Cancelling", "too much + late & so"), done
listed = c.list_jobs(AccountId=ACCOUNT, JobStatuses=["Cancelling", "Complete"])["Jobs"]
assert [j["JobId"] for j in listed] == [id], listed
`));

test('conformance 1: boto3 pages through ListJobs by hand', () =>
  python(`
made = {job("boto-page-%d" % i) for i in range(5)}
seen, token = [], None
while True:
    page = c.list_jobs(AccountId=ACCOUNT, MaxResults=2, **({"NextToken": token} if token else {}))
    seen += [j["JobId"] for j in page["Jobs"]]
    if "NextToken" not in page: break
    token = page["NextToken"]
assert made <= set(seen) and len(seen) == len(set(seen)), seen
`));

test('conformance 1: boto3 raises its typed exceptions', () =>
  python(`
id = job("boto-typed")
who = dict(AccountId=ACCOUNT, JobId=id)
x = c.exceptions
for call, kind in [
    (lambda: c.update_job_status(RequestedJobStatus="Ready", **who), x.JobStatusException),
    (lambda: c.describe_job(AccountId=ACCOUNT, JobId="nothing-here"), x.NotFoundException),
    (lambda: job("boto-typed", Priority=2), x.IdempotencyException),
    (lambda: c.put_job_tagging(Tags=[{"Key": str(i), "Value": ""} for i in range(51)], **who), x.TooManyTagsException),
    (lambda: c.list_jobs(AccountId=ACCOUNT, NextToken="bad"), x.InvalidNextTokenException),
    (lambda: c.list_jobs(AccountId=ACCOUNT, JobStatuses=["Nope"]), x.InvalidRequestException),
    (lambda: job("boto-bad", RoleArn="arn:nope"), x.BadRequestException),
]:
    try: call()
    except kind as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert error.response["Error"]["Message"], error.response
    else: raise AssertionError(kind)
`));

test('conformance 9: boto3 gets one job for one token', () =>
  python(`
assert job("boto-once") == job("boto-once")
refused(lambda: job("boto-once", Priority=9), "IdempotencyException")
`));

test('boto3 reaches an address by the region snow, without a proxy', () =>
  python(`
snow = client(endpoint=SERVER, region="snow")
assert "Jobs" in snow.list_jobs(AccountId=ACCOUNT)
refused(lambda: snow.list_jobs(AccountId="999999999999"), "AccessDenied", 403)
refused(lambda: client(endpoint=SERVER, region="snow", secret="wrong").list_jobs(AccountId=ACCOUNT), "SignatureDoesNotMatch", 403)
`));

test('boto3 with a wrong secret, an unknown key or an altered body is refused', () =>
  python(`
refused(lambda: client(secret="wrong").list_jobs(AccountId=ACCOUNT), "SignatureDoesNotMatch", 403)
refused(lambda: client(key="NOBODY").list_jobs(AccountId=ACCOUNT), "InvalidAccessKeyId", 403)
def alter(request, **_):
    request.body = request.body.replace(b"<Priority>1<", b"<Priority>2<")
c.meta.events.register("before-send.s3-control.CreateJob", alter)
refused(lambda: job("boto-altered"), "XAmzContentSHA256Mismatch")
`));

test('a call that boto3 presigned works until it expires', () =>
  python(`
import urllib.error, urllib.parse, time
presigner = client(endpoint=SERVER, region="snow", signature_version="s3v4")
def fetch(url):
    try:
        request = urllib.request.Request(url, headers={"x-amz-account-id": ACCOUNT})
        return urllib.request.urlopen(request).status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
url = presigner.generate_presigned_url("list_jobs", Params={"AccountId": ACCOUNT}, ExpiresIn=60)
assert fetch(url) == (200, ""), fetch(url)
assert fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))[0] == 403
import botocore.auth, botocore.compat
long_ago = lambda *a, **k: datetime.datetime(2020, 1, 1)
botocore.auth.get_current_datetime = long_ago
old = presigner.generate_presigned_url("list_jobs", Params={"AccountId": ACCOUNT}, ExpiresIn=60)
status, body = fetch(old)
assert status == 403 and "Request has expired" in body, (status, body)
refused(lambda: c.list_jobs(AccountId=ACCOUNT), "RequestTimeTooSkewed", 403)
`));

/** The AWS CLI's answer, read from its JSON. */
async function aws(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await cli(...args);
  assert.equal(ran.status, 0, ran.stderr);
  // What the CLI prints with --output json is one object, or nothing.
  return ran.stdout.trim() === '' ? {} : (JSON.parse(ran.stdout) as Record<string, unknown>);
}

function cli(...args: string[]): Promise<Ran> {
  const common = ['--endpoint-url', ENDPOINT, '--output', 'json', '--account-id', ACCOUNT];
  return run('aws', ['s3control', ...args, ...common]);
}

const CREATE = [
  'create-job',
  '--operation',
  '{"S3PutObjectTagging":{"TagSet":[{"Key":"k","Value":"v"}]}}',
  '--report',
  '{"Enabled":false}',
  '--manifest',
  '{"Spec":{"Format":"S3BatchOperations_CSV_20180820","Fields":["Bucket","Key"]},"Location":{"ObjectArn":"arn:aws:s3:::b/m.csv","ETag":"e"}}',
  '--priority',
  '5',
  '--role-arn',
  'arn:aws:iam::123456789012:role/r',
];

test('conformance 1: the AWS CLI makes all eight calls', async () => {
  const id = String((await aws(...CREATE, '--no-confirmation-required'))['JobId']);
  const one = ['--job-id', id];
  const described = await aws('describe-job', ...one);
  assert.match(JSON.stringify(described), /"ConfirmationRequired":false/);
  await aws('put-job-tagging', ...one, '--tags', 'Key=a,Value=b');
  assert.deepEqual((await aws('get-job-tagging', ...one))['Tags'], [{ Key: 'a', Value: 'b' }]);
  await aws('delete-job-tagging', ...one);
  assert.equal((await aws('update-job-priority', ...one, '--priority', '7'))['Priority'], 7);
  const status = ['update-job-status', ...one, '--requested-job-status', 'Cancelled'];
  assert.equal((await aws(...status))['Status'], 'Cancelling');
  const listed = await aws('list-jobs', '--job-statuses', 'Cancelling');
  assert.match(JSON.stringify(listed), new RegExp(id));
  const again = await cli(...status);
  assert.notEqual(again.status, 0);
  assert.match(again.stderr, /JobStatusException.*The job is Cancelling/s);
});

test('conformance 2: a job of the AWS CLI without a word on confirmation has to be confirmed', async () => {
  const id = String((await aws(...CREATE))['JobId']);
  for (const event of ['PreparationStarted', 'PreparedForConfirmation'] as const) {
    assert.ok((await world.store.apply(id, event, { at: Date.now() })).ok);
  }
  const described = JSON.stringify(await aws('describe-job', '--job-id', id));
  assert.match(described, /"Status":"Suspended"/);
  assert.match(described, /"SuspendedCause":"AWAITING_CONFIRMATION"/);
  const ready = ['update-job-status', '--job-id', id, '--requested-job-status', 'Ready'];
  assert.equal((await aws(...ready))['Status'], 'Ready');
});

test('conformance 7: the AWS CLI is told which transition was not possible', async () => {
  const id = String((await aws(...CREATE))['JobId']);
  const ran = await cli('update-job-status', '--job-id', id, '--requested-job-status', 'Ready');
  assert.notEqual(ran.status, 0);
  assert.match(ran.stderr, /JobStatusException.*The job is New: it cannot become Ready/s);
});
