/**
 * An S3 endpoint that costs next to nothing: nginx on loopback, or a process of Node where nginx is
 * missing. It serves manifests as static files (ranges, ETag, If-Match), swallows every body, answers
 * CopyObject with the document that S3 answers, and 200 to everything else, with the few documents
 * that an unmodified client must find.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CERTIFICATES } from '../../test/lib/certificates.ts';
import { freePort } from '../../test/lib/service.ts';
import { nginxConfig } from './endpoint-nginx.ts';
import { BUCKET } from './work.ts';

export interface EndpointOptions {
  /** The certificate is in `authority`, which NODE_EXTRA_CA_CERTS makes clients trust. */
  readonly isTls?: boolean;
  /** Answers requests about buckets; nginx only. Every copy is then written down as well. */
  readonly listsUrl?: string;
}

export interface Endpoint {
  readonly url: string;
  /** What answers, for the table. */
  readonly name: string;
  /** For the environment of a client, which then trusts this endpoint; empty without TLS. */
  readonly trust: Readonly<Record<string, string>>;
  /** Where it keeps its files; `copies.log` has the paths of all copies, if they are written down. */
  readonly folder: string;
  /** Makes an object of the bucket; resolves to its ETag. */
  put(key: string, pieces: Iterable<Uint8Array>): Promise<string>;
  /** Requests answered so far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

export async function startEndpoint({
  isTls = false,
  listsUrl,
}: EndpointOptions = {}): Promise<Endpoint> {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
  mkdirSync(join(folder, 'www', BUCKET), { recursive: true });
  writeFileSync(join(folder, 'cert.pem'), CERTIFICATES.trusted.cert);
  writeFileSync(join(folder, 'key.pem'), CERTIFICATES.trusted.key);
  const port = await freePort();
  const version = nginxVersion();
  const child =
    version === undefined
      ? startNode(folder, port, isTls)
      : startNginx(folder, nginxConfig({ port, isTls, listsUrl }));
  const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true });
  };
  try {
    await answering(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    name: `${version ?? 'Node (nginx is missing)'}${isTls ? ', TLS' : ''}`,
    trust: isTls ? { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') } : {},
    folder,
    async put(key, pieces) {
      const file = join(folder, 'www', BUCKET, key);
      writeFileSync(file, '');
      for (const piece of pieces) appendFileSync(file, piece);
      const { headers } = await ask(`${url}/${BUCKET}/${key}`, 'HEAD');
      return headers.etag ?? '';
    },
    async requests() {
      const { page } = await ask(`${url}/__status`);
      return Number(/requests\s+\d+ \d+ (\d+)/.exec(page)?.[1]);
    },
    stop,
  };
}

function nginxVersion(): string | undefined {
  try {
    // The version goes to standard error.
    const said = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' });
    return /nginx\/[\d.]+/.exec(said)?.[0];
  } catch {
    return undefined; // Not there: the process of Node takes its place, and the table says so.
  }
}

function startNginx(folder: string, config: string): ChildProcess {
  writeFileSync(join(folder, 'nginx.conf'), config);
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', join(folder, 'error.log')];
  return spawn('nginx', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function startNode(folder: string, port: number, isTls: boolean): ChildProcess {
  const program = join(import.meta.dirname, 'endpoint-node.ts');
  return spawn(process.execPath, [program, folder, String(port), isTls ? 'tls' : 'plain'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Not `fetch`, which cannot be told to trust one certificate. */
async function ask(
  url: string,
  method = 'GET',
): Promise<{ readonly headers: { readonly etag?: string }; readonly page: string }> {
  const send = url.startsWith('https:') ? requestTls : request;
  const options = { method, ca: CERTIFICATES.trusted.cert, agent: false };
  return new Promise((resolve, reject) => {
    const sent = send(url, options, (answer) => {
      const { etag } = answer.headers;
      const headers = etag === undefined ? {} : { etag };
      text(answer).then((page) => resolve({ headers, page }), reject);
    });
    sent.once('error', reject).end();
  });
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (const giveUpAt = performance.now() + 10_000; ;) {
    if (child.exitCode !== null) throw new Error(`The endpoint ended with ${child.exitCode}.`);
    try {
      await ask(`${url}/__status`);
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
