import { after } from 'node:test';
import { openPostgresStore } from '../../src/store/index.ts';
import { storeOutboxContract } from '../contract/store-outbox.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

const postgres = await startPostgres();
after(() => postgres.stop());

storeOutboxContract('PostgreSQL', async () =>
  openPostgresStore({ url: await postgres.createDatabase(), connectionsMax: 3 }),
);
