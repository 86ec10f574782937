/** Calls to the server; what it refuses is thrown as CallFailed. */

export class CallFailed extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const BASE = '/console/api/';
const HEADER = 'x-brigade-console';
/** After so long without a key, a click or a scroll nobody is here, and polling is not activity. */
const PRESENT_MS = 2 * 60 * 1000;

let lastActive = Date.now();
for (const event of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(event, () => (lastActive = Date.now()), { passive: true });
}

let onSignedOut = (): void => undefined;
/** Called when the session has ended. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const isPresent = Date.now() - lastActive < PRESENT_MS;
  const headers = { [HEADER]: isPresent ? 'user' : 'background' };
  return answerOf<T>(await reached(path, { headers, signal: signal ?? null }));
}

export async function change<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const headers = { [HEADER]: 'user', 'content-type': 'application/json' };
  return answerOf<T>(await reached(path, { method, headers, body: JSON.stringify(body ?? {}) }));
}

/** `?a=1&b=2` of what is neither empty nor undefined. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function reached(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(BASE + path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new CallFailed(0, 'NoAnswer', 'The service does not answer. Is brigade still running?');
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  const value = parsed(text);
  // The server's answers have the types of types.ts; a wire test and the browser's test hold them to it.
  if (response.ok) return value as T;
  const { code = 'Error', message = `The service answered HTTP ${response.status}.` } = value as {
    code?: string;
    message?: string;
  };
  if (response.status === 401 && code === 'SignInRequired') onSignedOut();
  throw new CallFailed(response.status, code, message);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
