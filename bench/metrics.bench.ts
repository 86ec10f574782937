/**
 * What recording costs: the numbers of one task, and those of one request, as the engine and the S3
 * client record them. What a whole task costs is in tasks.bench.ts: tens of microseconds.
 *
 *   npm run bench -- metrics [--quick]
 */
import { Meters } from '../src/metrics/index.ts';
import type { Outcome } from '../src/model/outcome.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';

const ROUNDS = 7;
const { quick } = benchOptions({ full: 1, quick: 1 });
const times = quick ? 1_000_000 : 10_000_000;

const meters = new Meters({ endpoints: ['s3', 'other'], versions: ['1'], nodes: ['24'] });
const tasks = meters.tasks('S3PutObjectTagging');
const requests = meters.requests('s3');
const done: Outcome = { ok: true, message: '' };
const refused = (code: string): Outcome => ({
  ok: false,
  httpStatus: 404,
  code,
  message: '',
  again: 'never',
});
const [missing, odd] = [refused('NoSuchKey'), refused('AnOddCodeOfSomeStore')];

const CASES: Readonly<Record<string, (index: number) => void>> = {
  'a task that succeeded': () => tasks.ended(done),
  'a task that failed, code known': () => tasks.ended(missing),
  'a task that failed, code unknown': () => tasks.ended(odd),
  'a request': (index) => requests.answered('PUT', 200, index % 64),
};

const lines = Object.entries(CASES).map(([name, record]) => {
  const nanos = Array.from({ length: ROUNDS }, () => {
    const begun = process.hrtime.bigint();
    for (let index = 0; index < times; index++) record(index);
    return Number(process.hrtime.bigint() - begun) / times;
  });
  return [name, median(nanos).toFixed(1)];
});
process.stdout.write(`metrics.bench: ${settingLines(setting())}\n`);
process.stdout.write(table([['', 'ns each'], ...lines]));
