/** What is on the port beside the API: a page for people, and a health answer for machines. */
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine/index.ts';

interface PageFacts {
  readonly engine: Engine;
  readonly s3Url: string;
}

export function addPages(server: FastifyInstance, { engine, s3Url }: PageFacts): void {
  server.get('/', (_request, reply) =>
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
          `Objects live at ${s3Url}. Health: /health`,
          '',
        ].join('\n'),
      ),
  );
  server.get('/health', (_request, reply) => reply.send({ status: 'ok', ...engine.load() }));
}
