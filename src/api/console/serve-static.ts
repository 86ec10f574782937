/** The page and its files over HTTP; any other address below /console is the page's own business. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodingFor, type StaticFile, type StaticFiles } from './static-files.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

/** Looks again by itself, without a script. */
const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Bucket Brigade</title></head>
<body>
<h1>The console is being built</h1>
<p>After the first <code>npm start</code> of a checkout this takes some seconds; this page looks again by itself.</p>
<p>Started in another way? Then <code>npm run build:console</code> builds it. The API is at work already.</p>
</body>
</html>
`;

export function serveStatic(scope: FastifyInstance, files: StaticFiles): void {
  scope.get('/', async (request, reply) => sendPage(request, reply, files));
  scope.get<{ Params: { '*': string } }>('/*', async (request, reply) => {
    const path = request.params['*'];
    const file = files.find(path);
    if (file) return send(request, reply, file);
    if (!path.startsWith('assets/')) return sendPage(request, reply, files);
    // A page of an older build asks for what is gone: it must not take the page for a script.
    return reply.code(404).type('text/plain').send('There is no such file.\n');
  });
}

function sendPage(request: FastifyRequest, reply: FastifyReply, files: StaticFiles): FastifyReply {
  const { page } = files;
  if (page) return send(request, reply, page);
  return reply
    .code(503)
    .header('cache-control', 'no-store')
    .header('retry-after', '2')
    .type('text/html; charset=utf-8')
    .send(NOT_BUILT);
}

function send(request: FastifyRequest, reply: FastifyReply, file: StaticFile): FastifyReply {
  const encoding = encodingFor(file, request.headers['accept-encoding']);
  void reply.headers({
    'cache-control': file.isForEver ? FOR_EVER : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  });
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file.encodings.get(encoding));
}
