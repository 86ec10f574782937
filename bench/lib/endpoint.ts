/**
 * An S3 endpoint that costs next to nothing: nginx on loopback, or a process of Node where nginx is
 * missing. It serves one manifest as a static file (ranges, ETag, If-Match), swallows every body,
 * and answers 200 to everything, with the few documents that an unmodified client must find.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/lib/service.ts';

export const BUCKET = 'bench-bucket';
export const MANIFEST_KEY = 'manifest.csv';

export interface Endpoint {
  readonly url: string;
  /** What answers, for the table. */
  readonly name: string;
  /** Requests answered so far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

const UPLOAD_XML =
  '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';
const COMPLETE_XML =
  '<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>';
const UPLOADS_XML = '<ListMultipartUploadsResult></ListMultipartUploadsResult>';

/** The answer's body for a method and a query string; nothing for most. */
export const ANSWERS: readonly (readonly [pattern: string, xml: string])[] = [
  ['^POST:uploads', UPLOAD_XML],
  ['^POST:.*uploadId=', COMPLETE_XML],
  ['^GET:.*uploads', UPLOADS_XML],
];

export async function startEndpoint(manifest: Uint8Array): Promise<Endpoint> {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-bench-'));
  mkdirSync(join(folder, 'www', BUCKET), { recursive: true });
  writeFileSync(join(folder, 'www', BUCKET, MANIFEST_KEY), manifest);
  const port = await freePort();
  const version = nginxVersion();
  const child =
    version === undefined ? startNode(folder, port) : startNginx(folder, nginxConfig(port));
  const url = `http://127.0.0.1:${port}`;
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
  const requests = async (): Promise<number> => {
    const page = await (await fetch(`${url}/__status`)).text();
    return Number(/requests\s+\d+ \d+ (\d+)/.exec(page)?.[1]);
  };
  return { url, name: version ?? 'Node (nginx is missing)', requests, stop };
}

function nginxVersion(): string | undefined {
  try {
    // The version goes to standard error.
    const text = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' });
    return /nginx\/[\d.]+/.exec(text)?.[0];
  } catch {
    return undefined; // Not there: the process of Node takes its place, and the table says so.
  }
}

function startNginx(folder: string, config: string): ChildProcess {
  writeFileSync(join(folder, 'nginx.conf'), config);
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', join(folder, 'error.log')];
  return spawn('nginx', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function startNode(folder: string, port: number): ChildProcess {
  const program = join(import.meta.dirname, 'endpoint-node.ts');
  return spawn(process.execPath, [program, join(folder, 'www'), String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function nginxConfig(port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${name};`)
    .join('\n');
  const answers = ANSWERS.map(([pattern, xml]) => `    "~${pattern}" "${xml}";`).join('\n');
  // A root that gives its rights away could not read our folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
daemon off; master_process on; worker_processes 1; pid nginx.pid; ${user}
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nodelay on;
  keepalive_timeout 600; keepalive_requests 1000000000; client_max_body_size 0;
${temporary}
  map "$request_method:$args" $answer {
    default "";
${answers}
  }
  server {
    listen 127.0.0.1:${port};
    root www;
    location = /__status { stub_status; }
    location = /${BUCKET}/${MANIFEST_KEY} { default_type text/csv; }
    location / {
      default_type application/xml;
      add_header ETag '"00000000000000000000000000000000"';
      return 200 $answer;
    }
  }
}
`;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const giveUp = AbortSignal.timeout(10_000);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The endpoint ended with ${child.exitCode}.`);
    try {
      await fetch(`${url}/__status`, { signal: giveUp });
      return;
    } catch (error) {
      if (giveUp.aborted) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
