export { openAccess } from './access.ts';
export { ConfigError } from './config-error.ts';
export { readConfig, type Config, type KeyPair } from './config.ts';
export { examine } from './doctor.ts';
export { openEventsDesk } from './events-desk.ts';
export { localService } from './local.ts';
export { openRun, type OpenRun } from './run.ts';
export { serve, type Running } from './serve.ts';
export { work, type Working } from './work.ts';
