/** A setting that cannot be used: its name, and what would do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
