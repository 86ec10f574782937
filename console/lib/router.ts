/** Where we are: the address below /console, and its query, which holds every choice worth a link. */
import { useCallback, useSyncExternalStore } from 'react';

const BASE = '/console';
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** A path such as `/jobs/1?tab=report`, as a link's href. */
export function hrefOf(path: string): string {
  return BASE + path;
}

export function go(path: string, { replace = false } = {}): void {
  const href = hrefOf(path);
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  for (const listener of listeners) listener();
}

/** Follows a click on a link of ours without loading the page anew, unless it asks for a new tab. */
export function follow(event: CustomEvent<{ href?: string; external?: boolean }>): void {
  const { href, external } = event.detail;
  if (external || href === undefined || !href.startsWith(BASE)) return;
  event.preventDefault();
  go(href.slice(BASE.length));
  scrollTo(0, 0);
}

export function usePath(): string {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return path.slice(BASE.length).replace(/\/+$/, '') || '/';
}

/** One value of the query; setting it to its fallback takes it out of the address. */
export function useQuery(): [URLSearchParams, (changes: Record<string, string>) => void] {
  const search = useSyncExternalStore(subscribe, () => location.search);
  const set = useCallback((changes: Record<string, string>) => {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    go(location.pathname.slice(BASE.length) + (text === '' ? '' : `?${text}`), { replace: true });
  }, []);
  return [new URLSearchParams(search), set];
}
