import { World } from './world.ts';
import type { ServiceOptions, TestService } from '../lib/service.ts';

export interface Store {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a World needs to work on another store than its sandbox. */
export function onStore({
  endpoint,
  accessKeyId,
  secretAccessKey,
}: Store): ServiceOptions & { readonly s3Credentials: TestService['credentials'] } {
  return {
    s3Credentials: { accessKeyId, secretAccessKey },
    env: {
      BRIGADE_S3_ENDPOINT: endpoint,
      BRIGADE_S3_ACCESS_KEY_ID: accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
  };
}

/** A world on a store that is started for it and stopped with it. */
export async function openOn(
  start: () => Promise<Store & { stop(): Promise<void> }>,
): Promise<{ readonly world: World; close(): Promise<void> }> {
  const store = await start();
  try {
    const world = await World.open(onStore(store));
    const close = async (): Promise<void> => {
      try {
        await world.close();
      } finally {
        await store.stop();
      }
    };
    return { world, close };
  } catch (error) {
    await store.stop();
    throw error;
  }
}
