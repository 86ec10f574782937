/** The workers of a world, and what befalls them. */
import { SimulatedWorker, type WorldParts } from './worker.ts';

/** Wrong clocks: usually by half a minute at most, sometimes by ten. */
const JUMP_MS = 60_000;
const FAR_JUMP_MS = 20 * 60_000;
const OUTAGE_MS = 30_000;
const FREEZE_MS = 40_000;
/** A worker sweeps when it has compared its clock. */
const SWEEP_MS = 2000;

export class Crew {
  crashes = 0;
  freezes = 0;
  jumps = 0;
  outages = 0;
  drained = 0;
  readonly #world: WorldParts;
  readonly #size: number;
  #workers: SimulatedWorker[] = [];
  readonly #leaving = new Map<SimulatedWorker, Promise<void>>();
  #names = 0;

  constructor(world: WorldParts, size: number) {
    this.#world = world;
    this.#size = size;
    this.heal();
  }

  async suffer(isOver: { readonly value: boolean }): Promise<void> {
    const { clock, random, faults } = this.#world;
    // Workers also die at crash points, and are sent for in any case.
    const { calamityMs, crashPoint } = faults();
    if (calamityMs === 0 && crashPoint === 0) return;
    while (!isOver.value) {
      await clock.sleep(random.next() * 2 * (calamityMs || 10_000));
      if (isOver.value) return;
      this.#bury();
      const worker = this.#workers[Math.floor(random.next() * this.#workers.length)];
      const kind = calamityMs === 0 ? 1 : random.next();
      if (kind < 0.1) this.#cut();
      else if (!worker || kind >= 0.8) this.heal();
      else this.#strike(worker, kind);
    }
  }

  /** As many workers as there should be; their clocks are right again. */
  heal(): void {
    this.#bury();
    while (this.#workers.length < this.#size) this.#workers.push(this.#newWorker());
    for (const worker of this.#workers) worker.clock.offsetMs = 0;
  }

  /** All of them; then one last one comes and goes: who starts sweeps what others left behind. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    // One that died on its way out will never say so.
    for (const [worker, leaving] of this.#leaving) if (!worker.isDead) await leaving;
    const last = this.#newWorker();
    await this.#world.clock.sleep(SWEEP_MS);
    await last.stop();
  }

  #newWorker(): SimulatedWorker {
    return new SimulatedWorker(`worker-${this.#names++}`, this.#world);
  }

  #bury(): void {
    const living = this.#workers.filter((worker) => !worker.isDead);
    this.crashes += this.#workers.length - living.length;
    this.#workers = living;
  }

  /** Something that all of them need is away for a while. */
  #cut(): void {
    const { clock, random, s3 } = this.#world;
    const from = clock.now();
    const away = { from, to: from + random.next() * OUTAGE_MS };
    if (random.next() < 0.5) s3.outage = away;
    else this.#world.databaseAway = away;
    this.outages += 1;
  }

  #strike(worker: SimulatedWorker, kind: number): void {
    const { random } = this.#world;
    if (kind < 0.4) {
      worker.crash();
    } else if (kind < 0.47) {
      this.#workers = this.#workers.filter((other) => other !== worker);
      this.#leaving.set(worker, worker.stop());
      this.drained += 1;
    } else if (kind < 0.68) {
      worker.freeze(random.next() * FREEZE_MS);
      this.freezes += 1;
    } else {
      const farMs = random.next() < 0.05 ? FAR_JUMP_MS : JUMP_MS;
      worker.clock.offsetMs = (random.next() - 0.5) * farMs;
      this.jumps += 1;
    }
  }
}
