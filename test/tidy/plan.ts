/**
 * The plan of the house, as data. ARCHITECTURE.md shows the same to people, and the rules beside
 * this file compare both with what the sources import. Whoever changes the plan changes it here first.
 */

export interface Room {
  readonly name: string;
  /** A room imports only rooms of lower floors. */
  readonly floor: number;
  /** With a door, other rooms import `index.ts` and nothing else of it. */
  readonly door: boolean;
  /** In the design, and not built yet: its folder must not exist. */
  readonly planned?: true;
}

/** A folder beside src. */
export interface Guest {
  readonly name: string;
  /** Rooms of src that it may import. */
  readonly rooms: readonly string[];
  /** Who may import it (its door). */
  readonly hosts: readonly string[];
  readonly planned?: true;
}

export interface Plan {
  readonly rooms: readonly Room[];
  readonly guests: readonly Guest[];
  /** What is reachable from here is in use. */
  readonly entries: readonly string[];
  /** Files that hold types only: `import type` may pass by the door. */
  readonly seams: readonly string[];
  /** Files that load a user's own modules, whose paths nobody knows before. */
  readonly loaders: readonly string[];
  /** Floors up to this one do no I/O. */
  readonly pureFloorMax: number;
  /** Files (or folders, ending in a slash) that load what only a setting or the machine names. */
  readonly computedImports: readonly string[];
  /** Packages of I/O, by prefix of their name. */
  readonly ioPackages: readonly string[];
  /** The only files (or folders, ending in a slash) where each of these may be used. */
  readonly doors: Readonly<Record<Door, readonly string[]>>;
  /** Names of operations may stand here only, within src. */
  readonly operationRooms: readonly string[];
}

/** What only few files may touch. */
export type Door = 'clock' | 'random' | 'environment' | 'console';

const ROOMS: readonly Room[] = [
  { name: 'main.ts', floor: 7, door: false },
  { name: 'server', floor: 6, door: true },
  { name: 'api', floor: 5, door: true },
  { name: 'engine', floor: 5, door: true },
  { name: 'operations', floor: 4, door: true },
  { name: 'listing', floor: 4, door: true },
  { name: 'roles', floor: 4, door: true },
  { name: 'staging', floor: 4, door: true },
  { name: 'events', floor: 4, door: true },
  { name: 's3', floor: 3, door: true },
  { name: 'store', floor: 3, door: true },
  { name: 'functions', floor: 3, door: true },
  { name: 'auth', floor: 3, door: true },
  { name: 'lifecycle', floor: 2, door: true },
  { name: 'metrics', floor: 2, door: true },
  { name: 'manifest', floor: 2, door: true },
  { name: 'report', floor: 2, door: true },
  { name: 'model', floor: 1, door: false },
  { name: 'sigv4', floor: 1, door: true },
  { name: 'base', floor: 0, door: false },
];

const upToFloor = (floor: number): readonly string[] =>
  ROOMS.filter((room) => room.floor <= floor).map((room) => room.name);

export const PLAN: Plan = {
  rooms: ROOMS,
  guests: [
    { name: 'sandbox', rooms: ['base', 'model', 'sigv4'], hosts: ['main.ts', 'server'] },
    { name: 'cli', rooms: upToFloor(3), hosts: ['main.ts'] },
    // It runs in a browser and knows the service by HTTP alone; the server hands out what was built.
    { name: 'console', rooms: [], hosts: [] },
  ],
  entries: ['src/main.ts', 'sandbox/index.ts', 'console/main.tsx', 'console/build.ts'],
  seams: [
    'src/lifecycle/transitions.ts',
    'src/manifest/manifest.ts',
    'src/operations/operation.ts',
    'src/s3/s3.ts',
    'src/store/store.ts',
  ],
  loaders: ['src/functions/function-thread.ts', 'bin/brigade.js'],
  pureFloorMax: 2,
  computedImports: ['bin/', 'src/functions/function-thread.ts'],
  ioPackages: [
    'fastify',
    'node:child_process',
    'node:cluster',
    'node:dgram',
    'node:dns',
    'node:fs',
    'node:http',
    'node:https',
    'node:http2',
    'node:net',
    'node:readline',
    'node:sqlite',
    'node:tls',
    'node:worker_threads',
    'pg',
    'pino',
    'undici',
  ],
  doors: {
    // A page has the time of whoever looks at it.
    clock: ['src/base/clock.ts', 'console/'],
    random: ['src/base/random.ts', 'console/lib/token.ts'],
    environment: ['src/server/config.ts', 'src/main.ts', 'cli/', 'bin/', 'console/build.ts'],
    console: ['cli/', 'bin/'],
  },
  operationRooms: ['model', 'operations'],
};

/** Folders that the house rules read: tests, benches and scripts may do as they like. */
export const HOUSE_FOLDERS: readonly string[] = ['src', 'sandbox', 'cli', 'bin', 'console'];
