/**
 * `npm run bench -- --quick [--against COMMIT] [--rounds N]`: the tree as it lies here against another
 * commit, by turns on this machine: preparing CSV, report rows, a complete job. Under two minutes; exit
 * code 1 when a figure lost more than LOSS_MAX and more than its noise.
 *
 * The other commit is checked out beside this one, with the benches of this tree laid over its own, so that
 * both are measured by the same code. Without `--against` it is the commit before HEAD, or HEAD itself
 * while the tree has changes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { millions, percent, times } from './bars.ts';
import { setting, settingLines, table } from './figures.ts';
import { benchOptions } from './options.ts';
import { judge, type Judgement, type Sample } from './regression.ts';

const LOSS_MAX = 0.08;
/** Where turns differ by more, the machine is too busy to say much. */
const NOISE_MAX = 0.15;
const TURN_MS_MAX = 60_000;
const HERE = resolve(import.meta.dirname, '../..');
/** Measured by the same code: of the other tree only the product counts. */
const OVERLAID = ['bench', 'test'];

const { against, rounds = 5 } = benchOptions({ full: 1, quick: 1 });

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', HERE, ...args], { encoding: 'utf8' }).trim();

function otherCommit(): string {
  const isChanged = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== '';
  return git('rev-parse', '--verify', `${against ?? (isChanged ? 'HEAD' : 'HEAD~1')}^{commit}`);
}

function checkOut(commit: string, folder: string): void {
  git('worktree', 'add', '--detach', '--quiet', folder, commit);
  for (const name of OVERLAID) {
    rmSync(join(folder, name), { recursive: true, force: true });
    cpSync(join(HERE, name), join(folder, name), { recursive: true });
  }
  const lock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (lock(HERE) === lock(folder)) {
    symlinkSync(join(HERE, 'node_modules'), join(folder, 'node_modules'));
    return;
  }
  process.stderr.write('The other commit has other packages: npm ci ...\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder });
}

function turn(root: string): Sample {
  const program = join(root, 'bench/lib/probe.ts');
  const printed = execFileSync(process.execPath, [program], {
    cwd: root,
    encoding: 'utf8',
    timeout: TURN_MS_MAX,
  });
  // The program types it so.
  return JSON.parse(printed) as Sample;
}

function wordFor({ isLoss, noise }: Judgement): string {
  if (isLoss) return 'LOST';
  return noise > NOISE_MAX ? 'too noisy to tell' : 'kept';
}

const commit = otherCommit();
const parent = mkdtempSync(join(tmpdir(), 'brigade-against-'));
const there = join(parent, 'tree');
try {
  checkOut(commit, there);
  // The first turn of each reads the disk and compiles.
  turn(there);
  turn(HERE);
  const [before, after]: Sample[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    before?.push(turn(there));
    after?.push(turn(HERE));
  }
  const found = judge(before ?? [], after ?? [], LOSS_MAX);
  console.log(
    `regression check: ${settingLines(setting())}against ${git('log', '-1', '--format=%h %s', commit)}\n`,
  );
  const lines = found.map((one) => [
    ...[one.figure, millions(one.before), millions(one.after), times(one.ratio)],
    ...[`+- ${percent(one.noise)}`, wordFor(one)],
  ]);
  console.log(table([['', 'before', 'after', 'ratio', 'noise', 'verdict'], ...lines]));
  const lost = found.filter(({ isLoss }) => isLoss).map(({ figure }) => figure);
  if (found.length === 0) throw new Error('The two trees have no figure in common.');
  if (lost.length > 0) {
    console.log(`More than ${percent(LOSS_MAX)} and more than noise was lost: ${lost.join('; ')}.`);
    process.exitCode = 1;
  }
} finally {
  git('worktree', 'remove', '--force', there);
  rmSync(parent, { recursive: true, force: true });
}
