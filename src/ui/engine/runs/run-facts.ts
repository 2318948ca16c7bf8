/** What is known of one run, from the lanes and the prompts. */
import type { EnginePrompt, EngineRun } from '../../../api/engine-events.ts';
import type { EngineHistory } from '../engine-history.ts';
import type { Phase } from '../timeline/phases.ts';

export interface RunFacts {
  readonly run: EngineRun;
  /** Where the parts of its prompt came from; absent = begun before this page was opened. */
  readonly prompt?: EnginePrompt;
  readonly prefill: Work;
  readonly decode: Work;
  readonly draftTaken: number;
  readonly draftRefused: number;
}

export interface Work {
  readonly busyMs: number;
  readonly tokens: number;
}

/** @returns undefined for a run that is not known any more */
export function factsOf(history: EngineHistory, number: number): RunFacts | undefined {
  const run = history.runs.get(number);
  if (!run) return undefined;
  const phases = [...history.lanes.values()].flatMap((lane) =>
    lane.phases.filter((phase) => phase.run === number),
  );
  const prompt = history.prompts.findLast((one) => one.run === number);
  return {
    run,
    ...(prompt && { prompt }),
    prefill: workOf(phases, 'prefill'),
    decode: workOf(phases, 'decode'),
    draftTaken: phases.reduce((sum, phase) => sum + phase.draftTaken, 0),
    draftRefused: phases.reduce((sum, phase) => sum + phase.draftRefused, 0),
  };
}

function workOf(phases: readonly Phase[], kind: Phase['kind']): Work {
  const own = phases.filter((phase) => phase.kind === kind);
  return {
    busyMs: own.reduce((sum, { busyMs }) => sum + busyMs, 0),
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

/** Tokens in a second; undefined without any time. */
export function rateOf({ tokens, busyMs }: Work): number | undefined {
  return busyMs > 0 && tokens > 0 ? (tokens / busyMs) * 1000 : undefined;
}
