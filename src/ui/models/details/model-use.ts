/** Who uses a model now, from the events of the engine. */
import type { EngineEvent, EngineRun, EngineState } from '../../../api/engine-events.ts';

export interface ModelUse {
  /** Runs that have a slot. */
  readonly runs: readonly EngineRun[];
  /** Slots of all runners of the model; 0 = it is not loaded. */
  readonly slots: number;
  readonly waiting: number;
}

/** The state in an event, if it has one. */
export function stateOf(event: EngineEvent): EngineState | undefined {
  if (event.type === 'state') return event;
  return event.type === 'hello' ? event.state : undefined;
}

export function useOf({ runners, queue, runs }: EngineState, model: string): ModelUse {
  const slots = runners.filter((runner) => runner.model === model).flatMap((runner) => runner.slots);
  const active = new Set(slots.flatMap(({ run }) => (run === undefined ? [] : [run])));
  return {
    runs: runs.filter(({ run }) => active.has(run)),
    slots: slots.length,
    waiting: queue.filter((wait) => wait.model === model).length,
  };
}
