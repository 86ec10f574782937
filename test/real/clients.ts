/** The clients that people have, as programs: the aws cli and boto3, unmodified. */
import { execFile } from 'node:child_process';
import type { CreateJobCommandInput } from '@aws-sdk/client-s3-control';
import type { World } from '../e2e/world.ts';

/** Creates a job from the JSON that a user of AWS writes; resolves to its id. */
export type Create = (world: World, request: CreateJobCommandInput) => Promise<string>;

export const CLIENTS: readonly { readonly name: string; readonly create: Create }[] = [
  { name: 'the aws cli', create: throughCli },
  { name: 'boto3', create: throughBoto },
];

async function throughCli(world: World, request: CreateJobCommandInput): Promise<string> {
  const endpoint = ['--endpoint-url', world.service.url, '--region', 'snow', '--output', 'text'];
  const json = ['--cli-input-json', JSON.stringify(request), '--query', 'JobId'];
  return (await ran(world, 'aws', ['s3control', 'create-job', ...json, ...endpoint])).trim();
}

const SCRIPT = `
import json, sys, boto3
given = json.load(sys.stdin)
client = boto3.client("s3control", endpoint_url=given["endpoint"], region_name="snow")
print(client.create_job(**given["request"])["JobId"])
`;

async function throughBoto(world: World, request: CreateJobCommandInput): Promise<string> {
  const given = JSON.stringify({ endpoint: world.service.url, request });
  return (await ran(world, 'python3', ['-c', SCRIPT], given)).trim();
}

/** What a program prints; its failure is the test's, with all that it said. */
export function ran(
  { service }: World,
  command: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PYENV_ROOT: process.env['PYENV_ROOT'],
    PYTHONWARNINGS: 'ignore',
    AWS_ACCESS_KEY_ID: service.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: service.credentials.secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(new Error(`${command} ${args.slice(0, 2).join(' ')}: ${stderr}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}
