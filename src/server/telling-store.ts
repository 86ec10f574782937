/** A store that tells when a user has changed a job: a worker in this process need not find out by itself. */
import type { Store } from '../store/index.ts';

export function tellingStore(store: Store, tell: () => void): Store {
  const told =
    <Values extends unknown[], Result>(method: (...values: Values) => Promise<Result>) =>
    async (...values: Values): Promise<Result> => {
      const result = await method(...values);
      tell();
      return result;
    };
  return {
    ...store,
    createJob: told(store.createJob),
    applyByUser: told(store.applyByUser),
    setPriority: told(store.setPriority),
    setTags: told(store.setTags),
  };
}
