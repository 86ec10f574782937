/**
 * Which back end a function is reached by: a registered name first, whatever account and region its
 * ARN speaks of; then Lambda's Invoke API, where one is configured; else none, said in a sentence.
 */
import type { Clock } from '../base/clock.ts';
import { type FunctionName, parseFunctionName } from './function-name.ts';
import type { FoundFunction, Functions, Invoker, Registration } from './functions.ts';
import { type InvokeApi, invokeApi } from './invoke-api.ts';
import { ModuleFunction, type ModuleRegistration } from './module-function.ts';
import { createPoster } from './poster.ts';
import { urlFunction } from './url-function.ts';

export interface FunctionsOptions {
  /** By name; `name:alias` is a function of its own. */
  readonly registered?: Readonly<Record<string, Registration>>;
  /** Absent: functions that are not registered cannot be reached. */
  readonly invokeApi?: InvokeApi | undefined;
  /** What modules see as their environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** To one host at most; more calls wait. */
  readonly connections?: number;
  readonly clock: Clock;
}

/** As many as tasks are in flight by default. */
const CONNECTIONS = 64;

export function createFunctions(options: FunctionsOptions): Functions {
  const { clock, environment = {}, connections = CONNECTIONS } = options;
  const registered = new Map(Object.entries(options.registered ?? {}));
  const poster = createPoster({ clock, connections });
  const api = options.invokeApi && invokeApi(options.invokeApi, { post: poster.post, clock });
  const modules = new Map<string, { invoker: ModuleFunction; loaded: Promise<FoundFunction> }>();

  const ofModule = (name: string, registration: ModuleRegistration): Promise<FoundFunction> => {
    const known = modules.get(name);
    if (known) return known.loaded;
    const invoker = new ModuleFunction(registration, { name, environment, clock });
    const load = async (): Promise<FoundFunction> => {
      const problem = await invoker.problem();
      if (problem === undefined) return found(invoker);
      // The next job may find it mended.
      modules.delete(name);
      await invoker.close();
      return { ok: false, reason: `The function ${name} could not be loaded: ${problem}.` };
    };
    const loaded = load();
    modules.set(name, { invoker, loaded });
    return loaded;
  };

  return {
    async find(functionArn) {
      const name = parseFunctionName(functionArn);
      if (name === undefined) {
        return { ok: false, reason: `${functionArn} is not the ARN or the name of a function.` };
      }
      const [key, registration] = entryOf(name, registered);
      if (registration?.kind === 'module') return ofModule(key, registration);
      if (registration) return found(urlFunction(registration, poster.post));
      return api ? found(api(name)) : { ok: false, reason: unknown(name) };
    },
    async close() {
      await Promise.all([
        poster.close(),
        ...[...modules.values()].map(({ invoker }) => invoker.close()),
      ]);
    },
  };
}

function entryOf(
  { name, qualifier }: FunctionName,
  registered: ReadonlyMap<string, Registration>,
): [string, Registration | undefined] {
  const exact = qualifier === undefined ? name : `${name}:${qualifier}`;
  // $LATEST is what a function without versions has.
  const key = registered.has(exact) || qualifier !== '$LATEST' ? exact : name;
  return [key, registered.get(key)];
}

function found(invoker: Invoker): FoundFunction {
  return { ok: true, invoker };
}

/** Within the 256 characters of a FailureReason for any name that Lambda allows. */
function unknown({ name, qualifier }: FunctionName): string {
  const full = qualifier === undefined ? name : `${name}:${qualifier.slice(0, 40)}`;
  return `There is no function ${full} here: register it in BRIGADE_FUNCTIONS, {"${name}": "./module.js"} or a URL, or set BRIGADE_LAMBDA_ENDPOINT.`;
}
