/** A function for tests: does what its event says. */
interface Told {
  readonly do: string;
  readonly value?: unknown;
}

interface Context {
  readonly functionName: string;
  readonly memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

let calls = 0;

export async function handler(event: Told, context: Context): Promise<unknown> {
  calls += 1;
  switch (event.do) {
    case 'answer':
      return event.value;
    case 'calls':
      return calls;
    case 'context':
      return { name: context.functionName, memory: context.memoryLimitInMB };
    case 'time':
      return context.getRemainingTimeInMillis();
    case 'environment':
      return process.env;
    case 'throw':
      throw new TypeError('as told');
    case 'throw text':
      throw 'only text';
    case 'exit':
      return process.exit(7);
    case 'spin':
      for (;;);
    case 'wait':
      return new Promise(() => undefined);
    case 'eat': {
      const eaten: unknown[] = [];
      for (;;) eaten.push(new Array(10_000).fill(eaten.length));
    }
    case 'large':
      return 'x'.repeat(2_000_000);
    case 'circle': {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      return circle;
    }
    case 'later':
      queueMicrotask(() => {
        throw new Error('nobody catches this');
      });
      return new Promise(() => undefined);
    default:
      return undefined;
  }
}
