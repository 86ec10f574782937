import { after } from 'node:test';
import { openPostgresStore } from '../../src/store/index.ts';
import { storeContract } from '../contract/store.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const postgres = await startPostgres();
after(() => postgres.stop());

storeContract('PostgreSQL', async () =>
  openPostgresStore({ url: await postgres.createDatabase(), connectionsMax: 3 }),
);
