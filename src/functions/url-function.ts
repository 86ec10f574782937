/** A function behind a URL: the event is POSTed as JSON, the answer is the function's answer. */
import { failed } from '../model/outcome.ts';
import type { Invoker, Registration } from './functions.ts';
import { againOf, isPosted, type Poster } from './poster.ts';

const SAID_CHARS_MAX = 200;

export function urlFunction(
  { url, timeoutMs, headers }: Extract<Registration, { kind: 'url' }>,
  post: Poster,
): Invoker {
  const { origin, pathname, search } = new URL(url);
  const shared = { 'content-type': 'application/json', ...headers };
  return {
    async invoke(payload) {
      const posted = await post({
        origin,
        path: pathname + search,
        headers: shared,
        body: payload,
        timeoutMs,
      });
      if (!isPosted(posted)) return { kind: 'failed', outcome: posted };
      const { status, body } = posted;
      if (status >= 200 && status <= 299) return { kind: 'answered', payload: body };
      const said = body.toString('utf8', 0, 4 * SAID_CHARS_MAX).slice(0, SAID_CHARS_MAX);
      const message = `The function's URL answered HTTP ${status}${said === '' ? '.' : `: ${said}`}`;
      const outcome = failed(status, `HTTP${status}`, message, againOf(status));
      return { kind: 'failed', outcome };
    },
  };
}
