/**
 * Builds the console into dist/console, whole or not at all: into a folder beside it, which then takes
 * its place. Every file that compresses is compressed here, once, as the server hands it out.
 *
 *   node console/build.ts               builds
 *   node console/build.ts --if-changed  builds when it was not built from these sources yet
 *   node console/build.ts --beside      as `--if-changed`, in a process of its own: for `npm start`,
 *                                       so that the API need not wait
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = resolve(import.meta.dirname, '..');
const OUT = join(ROOT, 'dist', 'console');
const STAMP = join(OUT, 'built-from.txt');
const COMPRESSIBLE = /\.(js|css|html|svg)$/;
/** The best that brotli does costs 20 times as much for 3 %. */
const BROTLI_QUALITY = 9;
const REPLACE_ATTEMPTS = 5;

const sources = hashOfSources();
const isBuilt = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources;
const [mode] = process.argv.slice(2);
if (mode === undefined || !isBuilt) {
  if (mode === '--beside') beside();
  else await build();
}

function beside(): void {
  if (!existsSync(join(ROOT, 'node_modules', 'vite'))) {
    say('The console is not built, and cannot be without the development dependencies: npm ci.');
    return;
  }
  say('Building the console in the background (once, some seconds): it will be at /console.');
  const options = { cwd: ROOT, detached: true, stdio: 'ignore' } as const;
  spawn(process.execPath, [import.meta.filename], options).unref();
}

async function build(): Promise<void> {
  const began = performance.now();
  const { build: bundle } = await import('vite');
  const folder = `${OUT}.${process.pid}`;
  try {
    await bundle({
      root: import.meta.dirname,
      base: '/console/',
      configFile: false,
      logLevel: 'error',
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: 'es2022',
        // Fonts come as files of their own: a browser fetches the few that it needs.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 4096,
      },
    });
    const bytes = compress(folder);
    writeFileSync(join(folder, 'built-from.txt'), sources);
    replace(folder);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`Built the console in ${seconds} s: ${Math.round(bytes / 1024)} KB compressed, all pages.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of all files as they go over the wire. */
function compress(folder: string): number {
  let sum = 0;
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!COMPRESSIBLE.test(path)) continue;
    const bytes = readFileSync(join(folder, path));
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
    const brotli = brotliCompressSync(bytes, { params });
    writeFileSync(join(folder, `${path}.br`), brotli);
    writeFileSync(join(folder, `${path}.gz`), gzipSync(bytes, { level: 9 }));
    sum += brotli.length;
  }
  return sum;
}

/** Two builds at once: the later one stays, and neither is ever seen in halves. */
function replace(folder: string): void {
  const old = `${OUT}.${process.pid}.old`;
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(OUT)) renameSync(OUT, old);
      renameSync(folder, OUT);
      break;
    } catch (error) {
      // Another build has put its own there, or taken the old one away, in this very moment.
      if (attempt === REPLACE_ATTEMPTS) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  const folders = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  for (const path of [...folders.sort(), '../package-lock.json']) {
    const file = join(import.meta.dirname, path);
    if (/\.\w+$/.test(path) && existsSync(file)) hash.update(path).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
