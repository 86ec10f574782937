/** Being told to stop, by a terminal or by whoever runs services here. */

/** Resolves with the first signal; a second one ends the process where it stands. */
export async function toldToStop(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  await new Promise<void>((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });
  process.stdout.write(
    'Stopping: requests in flight are being recorded. Once more to stop at once.\n',
  );
  for (const signal of signals) process.once(signal, () => process.exit(130));
}

/**
 * The same for a process whose parent watches over it. Ctrl-C of a terminal reaches both, and what
 * stops a service may signal both: so SIGINT is the parent's alone, a second SIGTERM may be the
 * parent's first one, and the end of the parent, however it comes, is the second signal. The parent
 * holds the other end of standard input, and the kernel closes it.
 */
export async function toldByParent(): Promise<void> {
  process.stdin.on('close', () => process.exit(1));
  process.stdin.on('error', () => undefined);
  process.stdin.resume().unref();
  process.on('SIGINT', () => undefined);
  await new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()));
}
