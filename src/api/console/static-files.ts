/**
 * The built page: files of one folder, by their exact paths, compressed when they were built.
 *
 * I1. Only what the folder held when it was read is served: a path is a key of a table, so no path
 *     leads out of the folder.
 * I2. Files below assets/ have a hash in their names and are kept for ever; the page itself is asked
 *     for each time.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { sha256Hex } from '../../sigv4/index.ts';

export interface StaticFile {
  readonly type: string;
  readonly etag: string;
  readonly isForEver: boolean;
  /** By content-encoding; `identity` is always there. */
  readonly encodings: ReadonlyMap<string, Buffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Reads the folder once it is there. */
export class StaticFiles {
  readonly #folder: string;
  #files: ReadonlyMap<string, StaticFile> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `path` below /console/, as received. */
  find(path: string): StaticFile | undefined {
    return this.#read()?.get(path);
  }

  /** What every address of the page shows; it finds out by itself what was meant. */
  get page(): StaticFile | undefined {
    return this.#read()?.get('index.html');
  }

  #read(): ReadonlyMap<string, StaticFile> | undefined {
    if (!this.#files && existsSync(join(this.#folder, 'index.html'))) {
      this.#files = readFolder(this.#folder);
    }
    return this.#files;
  }
}

function readFolder(folder: string): ReadonlyMap<string, StaticFile> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const known = new Set(paths);
  const files = new Map<string, StaticFile>();
  for (const path of paths) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const bytes = readFileSync(join(folder, path));
    const encodings = new Map([['identity', bytes]]);
    for (const [name, suffix] of ENCODINGS) {
      if (known.has(path + suffix)) encodings.set(name, readFileSync(join(folder, path + suffix)));
    }
    const name = path.replaceAll('\\', '/');
    const etag = `"${sha256Hex(bytes).slice(0, 32)}"`;
    files.set(name, { type, etag, isForEver: name.startsWith('assets/'), encodings });
  }
  return files;
}

/** The best encoding that the client takes. */
export function encodingFor(file: StaticFile, accepted: string | undefined): string {
  const taken = (accepted ?? '').split(',').map((one) => one.trim().split(';')[0]);
  const best = ENCODINGS.find(([name]) => taken.includes(name) && file.encodings.has(name));
  return best?.[0] ?? 'identity';
}
