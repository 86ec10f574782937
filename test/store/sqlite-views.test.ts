import { openSqliteStore } from '../../src/store/index.ts';
import { storeViewsContract } from '../contract/store-views.contract.ts';

storeViewsContract('SQLite', async () => openSqliteStore({ path: ':memory:' }));
