export { Engine, type EngineDeps } from './engine.ts';
export { ENGINE_DEFAULTS, type EngineOptions } from './context.ts';
