/** The log of a process: JSON lines, on standard error or in a file. */
import { pino, type Logger } from 'pino';

/** `base`: what every line says, instead of pid and host. `dest`: a descriptor or a path. */
export function openLog(
  level: string,
  base?: Readonly<Record<string, unknown>>,
  dest: number | string = 2,
): Logger {
  // Without its serializer an error is shown by its name alone.
  const serializers = { error: pino.stdSerializers.err };
  const options = { level, serializers, ...(base === undefined ? {} : { base }) };
  return pino(options, pino.destination({ dest, sync: false }));
}
