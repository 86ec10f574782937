import { openSqliteStore } from '../../src/store/index.ts';
import { storeOutboxContract } from '../contract/store-outbox.contract.ts';

storeOutboxContract('SQLite', async () => openSqliteStore({ path: ':memory:' }));
