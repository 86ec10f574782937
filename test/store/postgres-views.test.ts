import { after } from 'node:test';
import { openPostgresStore } from '../../src/store/index.ts';
import { storeViewsContract } from '../contract/store-views.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const postgres = await startPostgres();
after(() => postgres.stop());

storeViewsContract('PostgreSQL', async () =>
  openPostgresStore({ url: await postgres.createDatabase(), connectionsMax: 3 }),
);
