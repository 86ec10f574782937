import { ConfigError } from './config-error.ts';

/** A port in use is the setting's fault; any other error stays what it is. */
export function portTaken(error: unknown, name: string, port: number): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken
    ? new ConfigError(`${name}: port ${port} is in use. Stop what uses it, or set another one.`)
    : error;
}
