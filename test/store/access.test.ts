// Aim: both databases keep users, keys and policies alike.
import { after } from 'node:test';
import { openPostgresStore, openSqliteStore } from '../../src/store/index.ts';
import { accessContract } from '../contract/access.contract.ts';
import { startPostgres } from '../lib/postgres.ts';

accessContract('SQLite', async () => openSqliteStore({ path: ':memory:' }));

const postgres = await startPostgres();
after(() => postgres.stop());

accessContract('PostgreSQL', async () =>
  openPostgresStore({ url: await postgres.createDatabase(), connectionsMax: 3 }),
);
