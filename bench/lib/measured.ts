/** What one run of one contestant took. */
export interface Measured {
  readonly rows: number;
  readonly wallMs: number;
  /** User and system, of the contestant's process alone. */
  readonly cpuMs: number;
  readonly rssPeakMb: number;
}
