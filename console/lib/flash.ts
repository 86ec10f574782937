/** Short news above the page: what was done, and what could not be. */
import { createContext, useContext } from 'react';

export interface News {
  readonly type: 'success' | 'error' | 'info';
  readonly header: string;
  readonly content?: string;
}

export const FlashContext = createContext<(news: News) => void>(() => undefined);

export function useFlash(): (news: News) => void {
  return useContext(FlashContext);
}
