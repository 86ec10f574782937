/** What a process knows of itself, looked up when its numbers are read. */
import { readdirSync } from 'node:fs';
import { processStartedAt, watchLoop } from '../base/clock.ts';
import type { Meters } from '../metrics/index.ts';

/** Returns how to stop looking. */
export function watchProcess({ registry }: Meters, version: string): () => void {
  const cpu = registry.cell('brigade_process_cpu_seconds_total');
  const rss = registry.cell('brigade_process_resident_memory_bytes');
  const heap = registry.cell('brigade_process_heap_used_bytes');
  const fds = registry.cell('brigade_process_open_fds');
  registry.cell('brigade_process_start_time_seconds').set(processStartedAt() / 1000);
  registry.cell('brigade_build_info', { version, node: process.version }).set(1);
  const lags = (['median', 'p99', 'max'] as const).map((stat) => ({
    cell: registry.cell('brigade_process_event_loop_lag_seconds', { stat }),
    stat,
  }));
  const loop = watchLoop();
  const unwatch = registry.watch(() => {
    const { user, system } = process.cpuUsage();
    cpu.set((user + system) / 1e6);
    const memory = process.memoryUsage();
    rss.set(memory.rss);
    heap.set(memory.heapUsed);
    fds.set(openFiles());
    const delay = loop.look();
    for (const { cell, stat } of lags) cell.set(delay[stat]);
  });
  return () => {
    unwatch();
    loop.stop();
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return NaN; // Not Linux.
  }
}
