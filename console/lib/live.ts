/** Data that stays fresh: asked for again and again while somebody can see it. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { CallFailed, get } from './http.ts';

export interface Live<T> {
  readonly data: T | undefined;
  /** Of the last try; data that came before it stays. */
  readonly error: CallFailed | undefined;
  readonly isLoading: boolean;
  refresh(): void;
}

/** `everyMs` 0: once. An undefined path asks for nothing. */
export function useLive<T>(path: string | undefined, everyMs: number): Live<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: CallFailed }>({});
  const [turn, setTurn] = useState(0);
  const every = useRef(everyMs);
  every.current = everyMs;

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
      if (!gone.signal.aborted && every.current > 0 && !document.hidden) {
        timer = setTimeout(() => void ask(), every.current);
      }
    };
    const onVisible = (): void => {
      if (!document.hidden && every.current > 0) void ask();
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
