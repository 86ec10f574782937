/**
 * What machines look at: the metrics, and whether this process lives and is ready. On a port of its own
 * (BRIGADE_METRICS_PORT), and on the API's as far as that is safe there.
 *
 * I1. The page of metrics is on the API's port only for who presents BRIGADE_METRICS_TOKEN.
 * I2. Alive: the event loop turns. Ready: the database answers, and this process is not on its way
 *     out. A database that is away makes no process worth killing.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { sameSecret } from '../auth/index.ts';
import type { Clock } from '../base/clock.ts';
import { metricsPage } from '../metrics/index.ts';
import type { Store } from '../store/index.ts';
import { portTaken } from './port-taken.ts';
import type { Telemetry } from './telemetry.ts';

export interface Look {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Longer than any healthy answer, shorter than what a prober waits. */
const DATABASE_MS_MAX = 2000;
const REQUEST_MS_MAX = 10_000;

export class WatchPages {
  readonly #telemetry: Telemetry;
  readonly #store: Pick<Store, 'workers'>;
  readonly #clock: Clock;
  readonly #token: string | undefined;
  #isDraining = false;

  constructor(needs: {
    readonly telemetry: Telemetry;
    readonly store: Pick<Store, 'workers'>;
    readonly clock: Clock;
    readonly token: string | undefined;
  }) {
    this.#telemetry = needs.telemetry;
    this.#store = needs.store;
    this.#clock = needs.clock;
    this.#token = needs.token;
  }

  /** Whoever sends work here shall send it elsewhere. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Undefined: there is no such page. `isOwnPort`: nothing else is on the port. */
  async look(
    path: string,
    headers: IncomingMessage['headers'],
    isOwnPort: boolean,
  ): Promise<Look | undefined> {
    if (path === '/health/live') return plain(200, 'alive');
    if (path === '/health/ready') return this.#ready();
    if (path !== '/metrics') return undefined;
    if (this.#token === undefined && !isOwnPort) return undefined; // I1
    if (this.#token !== undefined && !presents(headers.authorization, this.#token)) {
      return plain(401, 'Present BRIGADE_METRICS_TOKEN: Authorization: Bearer <token>');
    }
    const { contentType, text } = metricsPage(await this.#telemetry.read(), headers.accept);
    return { status: 200, type: contentType, text };
  }

  async #ready(): Promise<Look> {
    if (this.#isDraining) return plain(503, 'draining');
    const asked = this.#store.workers(this.#clock.now()).then(
      () => true,
      () => false,
    );
    const late = this.#clock.sleep(DATABASE_MS_MAX).then(() => false);
    return (await Promise.race([asked, late]))
      ? plain(200, 'ready')
      : plain(503, 'the database does not answer');
  }
}

function presents(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  return given !== undefined && sameSecret(given, token);
}

function plain(status: number, text: string): Look {
  return { status, type: 'text/plain; charset=utf-8', text: `${text}\n` };
}

/** Listens where the configuration says so; resolves to what ends it. */
export async function watchPort(
  pages: WatchPages,
  { host, port }: { readonly host: string; readonly port: number | undefined },
): Promise<() => Promise<void>> {
  if (port === undefined) return async () => undefined;
  const server = createServer({ requestTimeout: REQUEST_MS_MAX }, (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const answer = isRead ? pages.look(path, request.headers, true) : Promise.resolve(undefined);
    void answer.then(
      (look = plain(404, 'Here are /metrics, /health/live and /health/ready.')) => {
        response.writeHead(look.status, { 'content-type': look.type, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : look.text);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portTaken(error, 'BRIGADE_METRICS_PORT', port)));
    server.listen(port, host, resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
