/** What a process knows of itself, looked up when its numbers are read. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../base/clock.ts';
import type { Meters } from '../metrics/index.ts';

/** As fine as an answer's time is looked at; finer would wake the process for nothing. */
const RESOLUTION_MS = 20;
const PERCENTILES = { median: 50, p99: 99, max: 100 } as const;

/** Returns how to stop looking. */
export function watchProcess({ registry }: Meters, clock: Clock, version: string): () => void {
  const cpu = registry.cell('brigade_process_cpu_seconds_total');
  const rss = registry.cell('brigade_process_resident_memory_bytes');
  const heap = registry.cell('brigade_process_heap_used_bytes');
  const fds = registry.cell('brigade_process_open_fds');
  const startedAt = clock.now() / 1000 - process.uptime();
  registry.cell('brigade_process_start_time_seconds').set(startedAt);
  registry.cell('brigade_build_info', { version, node: process.version }).set(1);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const lags = Object.entries(PERCENTILES).map(([stat, percent]) => ({
    cell: registry.cell('brigade_process_event_loop_lag_seconds', { stat }),
    percent,
  }));
  const unwatch = registry.watch(() => {
    const { user, system } = process.cpuUsage();
    cpu.set((user + system) / 1e6);
    const memory = process.memoryUsage();
    rss.set(memory.rss);
    heap.set(memory.heapUsed);
    fds.set(openFiles());
    for (const { cell, percent } of lags) {
      // The timer's own period is no delay.
      const ms = delay.count === 0 ? 0 : delay.percentile(percent) / 1e6 - RESOLUTION_MS;
      cell.set(Math.max(0, ms) / 1000);
    }
    delay.reset();
  });
  return () => {
    unwatch();
    delay.disable();
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return NaN; // Not Linux.
  }
}
