/** A token for CreateJob, by which a request that is sent twice makes one job. Any page may ask for randomness. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
