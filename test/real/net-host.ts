/**
 * Hosts on one machine: network namespaces, each joined to this one by a cable (veth) of its own that
 * can be pulled.
 *
 * I1. A namespace lives as long as the process that holds it, and that process as long as the pipe to
 *     us: however the test dies, nothing is left, no name, no interface.
 * I2. Addresses are of 198.18.0.0/15, which is set aside for such tests; nothing routes them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const NEED =
  'This test needs network namespaces: Linux, root (or CAP_SYS_ADMIN and CAP_NET_ADMIN), unshare and nsenter of util-linux, ip of iproute2 (apt-get install -y iproute2).';

export class NetHost {
  /** Ours, as the host sees it. */
  readonly gateway: string;
  readonly #holder: ChildProcess;
  readonly #cable: string;

  private constructor(gateway: string, holder: ChildProcess, cable: string) {
    this.gateway = gateway;
    this.#holder = holder;
    this.#cable = cable;
  }

  /** Rejects with what is missing: a machine that cannot is no reason to skip. */
  static async open(name: string): Promise<NetHost> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo up; cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const isUp = await Promise.race([
      once(holder.stdout, 'data').then(() => true),
      once(holder, 'exit').then(() => false),
      once(holder, 'error').then(() => false),
    ]);
    if (!isUp) throw new Error(NEED);
    const net = `198.18.${Math.floor(Math.random() * 256)}`;
    const host = Math.floor(Math.random() * 64) * 4;
    const [ours, theirs] = [`${net}.${host + 1}`, `${net}.${host + 2}`];
    const cable = `bb${process.pid % 1_000_000}${name}`;
    const opened = new NetHost(ours, holder, cable);
    try {
      run(
        'ip',
        'link',
        'add',
        cable,
        'type',
        'veth',
        'peer',
        'name',
        'uplink',
        'netns',
        `${holder.pid}`,
      );
      run('ip', 'address', 'add', `${ours}/30`, 'dev', cable);
      run('ip', 'link', 'set', cable, 'up');
      opened.run('ip', 'link', 'set', 'lo', 'up');
      opened.run('ip', 'address', 'add', `${theirs}/30`, 'dev', 'uplink');
      opened.run('ip', 'link', 'set', 'uplink', 'up');
    } catch (error) {
      await opened.close();
      throw new Error(NEED, { cause: error });
    }
    return opened;
  }

  /** What to put before a command so that it runs on this host. */
  get prefix(): readonly string[] {
    return ['nsenter', '--net', '--target', `${this.#holder.pid}`];
  }

  /** A command on this host; its output. */
  run(...command: readonly string[]): string {
    return run(...this.prefix, ...command);
  }

  /** From now on nothing that is sent arrives, and nobody is told. */
  pullCable(): void {
    run('ip', 'link', 'set', this.#cable, 'down');
  }

  plugCable(): void {
    run('ip', 'link', 'set', this.#cable, 'up');
  }

  /** Its processes must have ended. */
  async close(): Promise<void> {
    const exited = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exited;
  }
}

function run(...[command = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error ? String(error) : stderr}`);
}

/** A service of this machine's loopback, shown to a host at its gateway. */
export async function showTo(
  host: NetHost,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const service = connect(port, '127.0.0.1');
    for (const socket of [client, service]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(service).on('close', () => client.destroy());
    service.pipe(client).on('close', () => service.destroy());
  });
  server.listen(0, host.gateway);
  await once(server, 'listening');
  return {
    // Listening on TCP: the address is never a pipe's name.
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
