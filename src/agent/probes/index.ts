export { type Handler, type HandlerTarget, runHandler } from './handler.ts'
export { hasProbes, initialFacts, type ProbeKind, probeRun } from './prober.ts'
