/** What is on the port beside the API: a page for people, and a health answer for machines. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.ts';
import type { Store, WorkerRecord } from '../store/index.ts';
import type { WatchPages } from './watch-port.ts';

interface PageFacts {
  readonly store: Store;
  readonly pages: WatchPages;
  readonly clock: Clock;
  readonly s3Url: string;
  readonly leaseMs: number;
}

export function addPages(server: FastifyInstance, facts: PageFacts): void {
  const { store, pages, clock, s3Url, leaseMs } = facts;
  const workers = (): Promise<readonly WorkerRecord[]> => store.workers(clock.now() - leaseMs);

  server.get('/', async (_request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .send(
        [
          'Bucket Brigade is running: Amazon S3 Batch Operations for every S3-compatible store.',
          '',
          'This port speaks the S3 Control API. Point any AWS client at it, with region "snow" so that',
          'it keeps the account out of the host name:',
          '',
          '  aws s3control list-jobs --region snow --endpoint-url <this URL> --account-id <account>',
          '',
          `Console for people: /console/. Objects live at ${s3Url}. Health: /health`,
          '',
          ...workersTable(await workers()),
          '',
        ].join('\n'),
      ),
  );

  /** 503 while the database is away: nothing can be asked of this process then. */
  server.get('/health', async (_request, reply) => {
    try {
      const present = await workers();
      const sum = (pick: (worker: WorkerRecord) => number): number =>
        present.reduce((total, worker) => total + pick(worker), 0);
      return await reply.send({
        status: 'ok',
        inFlight: sum(({ inFlight }) => inFlight),
        limit: sum(({ limit }) => limit),
        rate: sum(({ rate }) => rate),
        workers: present,
      });
    } catch {
      // Whoever works says it in the log; a prober that asks every second adds nothing.
      return reply.code(503).send({ status: 'the database does not answer' });
    }
  });

  for (const path of ['/health/live', '/health/ready', '/metrics']) {
    server.get(path, async (request, reply) => {
      const look = await pages.look(path, request.headers, false);
      if (look === undefined) return reply.callNotFound();
      return reply.code(look.status).type(look.type).send(look.text);
    });
  }
}

function workersTable(workers: readonly WorkerRecord[]): string[] {
  if (workers.length === 0) return ['No worker is running: jobs wait. Start one: brigade worker'];
  const rows = workers.map(({ name, host, pid, inFlight, limit, rate, startedAt }) => [
    name,
    host,
    String(pid),
    `${inFlight}/${limit}`,
    String(rate),
    new Date(startedAt).toISOString(),
  ]);
  const all = [['worker', 'host', 'pid', 'in flight', 'tasks/s', 'since'], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
