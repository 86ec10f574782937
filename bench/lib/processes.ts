/** CPU time and memory of a process, from /proc: Linux only. */
import { readFileSync, writeFileSync } from 'node:fs';

/** The kernel counts CPU time in hundredths of a second, whatever its own clock does. */
const MS_PER_TICK = 10;

/** User and system, threads included, children not. */
export function cpuMs(pid: number | 'self'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Fields 14 and 15, counted after the command in brackets, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** The highest since the process began, or since `forgetPeak`. */
export function rssPeakMb(pid: number | 'self'): number {
  return statusMb(pid, 'VmHWM');
}

export function rssMb(pid: number | 'self'): number {
  return statusMb(pid, 'VmRSS');
}

/** From now on the peak is counted anew. */
export function forgetPeak(pid: number | 'self'): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statusMb(pid: number | 'self', field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
