/**
 * The Containerfile without a container engine. Aim: what its steps make is a service that runs as
 * nobody, from a tree that it cannot write to, with nothing but its data folder. The stages are
 * folders; COPY copies, RUN runs in the stage's folder, and the last stage is started as it says.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../lib/service.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/node/bin');
const START_MS_MAX = 30_000;

interface Stage {
  readonly root: string;
  workdir: string;
  user: number | undefined;
  readonly env: Record<string, string>;
  entrypoint: readonly string[];
  command: readonly string[];
  readonly owned: string[];
}

/** Instructions with their arguments, continued lines joined. */
function instructions(): (readonly [string, string])[] {
  return readFileSync(join(ROOT, 'deploy/Containerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return [word, rest] as const;
    });
}

function build(folder: string): Stage {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  const ignored = readFileSync(join(ROOT, 'deploy/Containerfile.containerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const [word, rest] of instructions()) {
    if (word === 'ARG' || word === 'LABEL' || word === 'EXPOSE' || word === 'VOLUME') continue;
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last';
      const root = join(folder, name);
      mkdirSync(root);
      stage = {
        root,
        workdir: '/',
        user: undefined,
        env: {},
        entrypoint: [],
        command: [],
        owned: [],
      };
      stages.set(name, stage);
      continue;
    }
    assert.ok(stage, 'an instruction before FROM');
    const here = stage;
    const inside = (path: string): string => join(here.root, resolve(here.workdir, path));
    if (word === 'WORKDIR') {
      here.workdir = rest;
      mkdirSync(inside('.'), { recursive: true });
    } else if (word === 'COPY') {
      const words = rest.split(' ');
      const option = (name: string): string | undefined =>
        words.find((one) => one.startsWith(`--${name}=`))?.split('=')[1];
      const paths = words.filter((one) => !one.startsWith('--'));
      const target = inside(paths.at(-1) ?? '');
      const from = option('from');
      const source = from === undefined ? ROOT : stages.get(from)?.root;
      assert.ok(source, `COPY from ${from}`);
      for (const path of paths.slice(0, -1)) {
        const is = join(source, path);
        const isFolder = statSync(is).isDirectory();
        const to = isFolder ? target : join(target, basename(path));
        const filter = (one: string): boolean =>
          from !== undefined || !ignored.some((name) => one === join(ROOT, name));
        cpSync(is, to, { recursive: true, filter, verbatimSymlinks: true });
      }
      if (option('chown')) here.owned.push(target);
    } else if (word === 'RUN') {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', rest], {
        cwd: inside('.'),
        encoding: 'utf8',
        timeout: 300_000,
        env: {
          ...process.env,
          PATH: `${NODE}${delimiter}${process.env['PATH']}`,
          npm_config_prefer_offline: 'true',
        },
      });
      assert.equal(status, 0, `RUN ${rest}\n${stdout}${stderr}`);
    } else if (word === 'ENV') {
      for (const pair of rest.split(/\s+/)) {
        const [name = '', ...value] = pair.split('=');
        here.env[name] = value.join('=');
      }
    } else if (word === 'USER') here.user = Number(rest.split(':')[0]);
    else if (word === 'ENTRYPOINT') here.entrypoint = JSON.parse(rest) as string[];
    else if (word === 'CMD') here.command = JSON.parse(rest) as string[];
    else assert.equal(word, 'HEALTHCHECK', 'an instruction that this test does not know');
  }
  const last = stages.get('last');
  assert.ok(last);
  return last;
}

test('The steps of the Containerfile make a service that runs as nobody from a tree that it cannot write to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-image-'));
  try {
    const image = build(folder);
    const modules = join(image.root, 'opt/brigade/node_modules');
    for (const dev of ['typescript', 'eslint', 'react', 'vite']) {
      assert.ok(!existsSync(join(modules, dev)), `${dev} is shipped`);
    }
    assert.ok(existsSync(join(image.root, 'opt/brigade/dist/console/index.html')));
    assert.ok(!existsSync(join(image.root, 'opt/brigade/src')));
    const uid = image.user;
    assert.ok(uid);
    const isRoot = process.getuid?.() === 0;
    chmodSync(folder, 0o755);
    // Root may write anywhere; nobody may not, which is what a read-only file system is to them.
    spawnSync('chmod', ['-R', 'a-w,a+rX', image.root]);
    for (const path of image.owned) {
      if (isRoot) chownSync(path, uid, uid);
      chmodSync(path, 0o700);
    }
    await startAndLook(image, isRoot ? uid : undefined);
  } finally {
    spawnSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

async function startAndLook(image: Stage, uid: number | undefined): Promise<void> {
  const [port, sandboxPort, watchPort] = [await freePort(), await freePort(), await freePort()];
  const inside = (path: string): string => (path.startsWith('/') ? join(image.root, path) : path);
  const [, ...entry] = image.entrypoint;
  const args = [...entry.map(inside), ...image.command];
  const child = spawn(join(NODE, 'node'), args, {
    cwd: join(image.root, image.workdir),
    env: {
      ...image.env,
      PATH: process.env['PATH'],
      BRIGADE_DATA_DIR: inside(image.env['BRIGADE_DATA_DIR'] ?? ''),
      // Loopback only, on ports that are free here.
      BRIGADE_HOST: '127.0.0.1',
      BRIGADE_PORT: String(port),
      BRIGADE_SANDBOX_PORT: String(sandboxPort),
      BRIGADE_METRICS_PORT: String(watchPort),
    },
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const exited = once(child, 'exit');
  try {
    const giveUp = Date.now() + START_MS_MAX;
    const look = async (url: string): Promise<number> => {
      try {
        return (await fetch(url)).status;
      } catch {
        return 0;
      }
    };
    const ready = `http://127.0.0.1:${watchPort}/health/ready`;
    while ((await look(ready)) !== 200) {
      assert.ok(child.exitCode === null && Date.now() < giveUp, said);
      await sleep(100);
    }
    assert.equal(await look(`http://127.0.0.1:${port}/console/`), 200);
    assert.equal(await look(`http://127.0.0.1:${watchPort}/metrics`), 200);
    const database = statSync(join(inside(image.env['BRIGADE_DATA_DIR'] ?? ''), 'brigade.db'));
    if (uid !== undefined) assert.equal(database.uid, uid);
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
  assert.equal(child.exitCode, 0, said);
}
