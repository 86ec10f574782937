/** `npm run soak -- --minutes 10 [--seed n]`: see soak.ts. The exit code tells. */
import { inspect, parseArgs } from 'node:util';
import { missingNeeds } from '../lib/needs.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const startedAt = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds} s  ${line}\n`);
};
const missing = missingNeeds().filter(({ name }) => /^(radosgw|ceph)/.test(name));
for (const { name, install } of missing) say(`${name} is missing: ${install}`);
if (missing.length > 0) process.exit(1);
// Whoever stops us lets nobody stay behind: what is left goes with the end of this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  await soak({ minutes: Number(values.minutes), seed, say });
  say('All agree.');
} catch (error) {
  say(inspect(error));
  process.exitCode = 1;
}
