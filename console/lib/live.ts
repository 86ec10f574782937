/** Data that stays fresh: asked for again and again while somebody can see it. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { CallFailed, get } from './http.ts';

type Rhythm<T> = (data: T | undefined) => number;

export interface Live<T> {
  readonly data: T | undefined;
  /** Of the last try; data that came before it stays. */
  readonly error: CallFailed | undefined;
  readonly isLoading: boolean;
  refresh(): void;
}

/** `rhythm`: milliseconds until it is asked for again, by what was answered last; 0: once. An undefined path asks for nothing. */
export function useLive<T>(path: string | undefined, rhythm: number | Rhythm<T>): Live<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: CallFailed }>({});
  const [turn, setTurn] = useState(0);
  const every = useRef<() => number>(() => 0);
  every.current = () => (typeof rhythm === 'number' ? rhythm : rhythm(state.data));

  useEffect(() => {
    if (path === undefined) return undefined;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const data = await get<T>(path, gone.signal);
        if (!gone.signal.aborted) setState({ path, data });
      } catch (error) {
        if (gone.signal.aborted) return;
        const failed =
          error instanceof CallFailed ? error : new CallFailed(0, 'Error', String(error));
        setState((before) => ({ ...(before.path === path ? before : {}), path, error: failed }));
      }
      plan();
    };
    const plan = (): void => {
      clearTimeout(timer);
      const waitMs = every.current();
      if (gone.signal.aborted || waitMs === 0 || document.hidden) return;
      timer = setTimeout(() => void ask(), waitMs);
    };
    const onVisible = (): void => {
      if (!document.hidden && every.current() > 0) void ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, turn]);

  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: path !== undefined && !(isCurrent && (state.data ?? state.error) !== undefined),
    refresh,
  };
}
