/** Who is signed in, for every part of the page. */
import { createContext, useContext } from 'react';
import type { Principal } from './types.ts';

export const SessionContext = createContext<Principal>({ accessKeyId: '', account: '' });

export function useSession(): Principal {
  return useContext(SessionContext);
}
