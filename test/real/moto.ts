/**
 * moto's S3, a mock in Python that has what Ceph RGW lacks: RestoreObject, stored checksums,
 * encryption headers, inventory and replication configurations. It checks no signature.
 *
 * I1. Several may run at once.
 * I2. `stop` stops only what was started here; the end of this process, even by kill -9, does too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { StoreUnderTest } from '../contract/operations.contract.ts';
import type { S3Endpoint } from '../contract/s3-harness.ts';

/** Serves on a free port, says which, and ends with its standard input. */
const SCRIPT = `
import os, sys, threading
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
`;

const KEYS = { accessKeyId: 'moto', secretAccessKey: 'moto' };

export async function startMoto(): Promise<S3Endpoint & StoreUnderTest> {
  const child = spawn('python3', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  // It logs every request there.
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4096)));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  const port = Number(first?.[0]);
  if (!(port > 0)) {
    throw new Error(`moto did not start; pip install 'moto[server]==5.2.1'. It said: ${said}`);
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    ...KEYS,
    credentials: KEYS,
    second: { accessKeyId: 'second', secretAccessKey: 'second' },
    accountId: '123456789012',
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
