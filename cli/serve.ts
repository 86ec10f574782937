/** `brigade serve`: runs until it is told to stop; a second signal does not wait. */
import { toldToStop } from './signals.ts';
import type { Commands, Service } from './service.ts';

/** `workers`: as many processes beside this one; absent: as configured. */
export async function runServe(commands: Commands, workers?: string): Promise<number> {
  // Whoever read our words may leave (a closed terminal, a pipe to head); the service stays.
  process.stdout.on('error', () => undefined);
  const service = await commands.start(workers === undefined ? {} : { BRIGADE_WORKERS: workers });
  process.stdout.write(welcome(service));
  await toldToStop();
  await service.stop();
  return 0;
}

/** What a newcomer needs: where it is, with which key, and what to paste first. */
function welcome({ url, s3Url, isSandbox, account, rootKey }: Service): string {
  const secret = rootKey.isNew
    ? rootKey.secretAccessKey
    : '<the secret you chose, or the one in root-key.json of the data folder>';
  return `
Bucket Brigade is running.

  Console          ${url}/console/
  S3 Control API   ${url}
  ${isSandbox ? 'Embedded S3 ' : 'Objects at  '}     ${s3Url}
  Account          ${account}

Paste this into a shell, and the aws cli talks to it:

  export AWS_ACCESS_KEY_ID=${rootKey.accessKeyId}
  export AWS_SECRET_ACCESS_KEY=${secret}
  export AWS_REGION=snow AWS_DEFAULT_REGION=snow AWS_ENDPOINT_URL_S3_CONTROL=${url}${isSandbox ? ` AWS_ENDPOINT_URL_S3=${s3Url}` : ''}
  aws s3control list-jobs --account-id ${account}

Next: README.md shows a first job. Ctrl-C stops; everything continues at the next start.

`;
}
