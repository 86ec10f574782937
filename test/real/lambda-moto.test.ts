// Aim: the Invoke API as moto routes it: calls by name, ARN, version and alias arrive, and answers
// come back. Moto runs no code without docker: it gives its canned answer to any name, which can be
// the right one because the ids of a call come from a seed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { createFunctions, type Functions } from '../../src/functions/index.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { OPERATIONS, type Place } from '../../src/operations/index.ts';
import { placeOn } from '../operations/place.ts';
import { FakeS3, requestOf, SIGNAL, TASK } from '../operations/scene.ts';

/** Ends itself when its input does, however we die. */
const SERVER = `
import sys, io, zipfile, boto3, logging
logging.disable(logging.CRITICAL)
from moto.server import ThreadedMotoServer
from moto import settings
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://127.0.0.1:{port}"
import urllib.request
config = urllib.request.Request(url + "/moto-api/config", b'{"lambda": {"use_docker": false}}', {"content-type": "application/json"})
urllib.request.urlopen(config).read()
client = lambda name: boto3.client(name, endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("f.py", "def handler(event, context): return 1")
functions = client("lambda")
arn = functions.create_function(FunctionName="resize", Runtime="python3.12", Role=role, Handler="f.handler", Code={"ZipFile": code.getvalue()}, Publish=True)["FunctionArn"]
functions.create_alias(FunctionName="resize", Name="prod", FunctionVersion="1")
print(url, flush=True)
sys.stdin.read()
server.stop()
`;

const python = spawn('python3', ['-c', SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
let url = '';
let functions: Functions;

before(async () => {
  [url] = (await once(createInterface(python.stdout), 'line')) as [string];
  functions = createFunctions({
    invokeApi: {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    },
    clock: systemClock,
  });
});
after(async () => {
  await functions.close();
  const ended = once(python, 'exit');
  python.stdin.end();
  await ended;
});

async function run(FunctionArn: string, random: Random = seededRandom(1)): Promise<Outcome> {
  const request = requestOf({ LambdaInvoke: { FunctionArn } });
  const place: Place = placeOn(new FakeS3(), { functions, random });
  const opened = await OPERATIONS.LambdaInvoke.open(request, place, SIGNAL);
  assert.ok(opened.ok);
  return opened.run(TASK, SIGNAL);
}

/** What moto's functions answer next, in order. */
async function canned(answers: readonly string[]): Promise<void> {
  const body = JSON.stringify({ region: 'us-east-1', results: answers });
  const headers = { 'content-type': 'application/json' };
  const set = `${url}/moto-api/static/lambda-simple/response`;
  assert.equal((await fetch(set, { method: 'POST', headers, body })).status, 201);
}

test('a function is reached by name, by ARN and by alias', async () => {
  // The same seed as the call, and no task id: what is missing is treated as told.
  const invocationId = Buffer.from(seededRandom(1).hex(24), 'hex').toString('base64');
  const answer = JSON.stringify({
    invocationSchemaVersion: '1.0',
    treatMissingKeysAs: 'Succeeded',
    invocationId,
    results: [],
  });
  const names = [
    'resize',
    'resize:prod',
    'resize:1',
    'arn:aws:lambda:us-east-1:123456789012:function:resize',
    'arn:aws:lambda:us-east-1:123456789012:function:resize:prod',
  ];
  await canned(names.map(() => answer));
  for (const name of names) {
    const message = 'The answer of the function holds no result for this task';
    assert.deepEqual(await run(name), { ok: true, message }, name);
  }
});

test('an answer that is not one of ours is reported as AWS does', async () => {
  await canned(['"done"']);
  const outcome = await run('resize');
  assert.equal(outcome.ok, false);
  assert.equal(outcome.message, 'Invalid JSON returned in Lambda payload');
});
