/** What one client may see of an event: models that its key may use, and whose runs they are. */
import type { EngineBlock, EngineEvent, EnginePoint, EngineRun, EngineState } from '../api/engine-events.ts';
import type { LiveRuns, Viewer } from './live-runs.ts';

export interface Seeing {
  readonly viewer: Viewer;
  readonly runs: Pick<LiveRuns, 'describe'>;
  /** The model of a runner; undefined = it is not known any more. */
  modelOf(runner: number): string | undefined;
}

/** @returns undefined when nothing is left to show */
export function visibleEvent(event: EngineEvent, seeing: Seeing): EngineEvent | undefined {
  const { viewer } = seeing;
  const isVisible = ({ runner }: { readonly runner: number }) => viewer.mayUse(seeing.modelOf(runner));
  switch (event.type) {
    case 'hello': {
      const history = event.history.flatMap((point) => visiblePoint(point, viewer) ?? []);
      return { ...event, history, state: visibleState(event.state, seeing) };
    }
    case 'state':
      return visibleState(event, seeing);
    case 'steps': {
      const blocks = event.blocks.filter(isVisible);
      if (blocks.length === 0) return undefined;
      return { ...event, blocks, runs: named(blocks.flatMap(runsOf), seeing) };
    }
    case 'prompts': {
      const prompts = event.prompts.filter(isVisible);
      if (prompts.length === 0) return undefined;
      const numbers = prompts.map(({ run }) => run);
      return { ...event, prompts, runs: named(numbers, seeing) };
    }
    case 'point':
      return visiblePoint(event, viewer);
    case 'lost':
      return event;
  }
}

function visibleState(state: EngineState, seeing: Seeing): EngineState {
  const { viewer } = seeing;
  const runners = state.runners.filter(({ model }) => viewer.mayUse(model));
  const queue = state.queue
    .filter(({ model }) => viewer.mayUse(model))
    .map((wait) => ({
      ...wait,
      ...(wait.unloading && { unloading: wait.unloading.filter((model) => viewer.mayUse(model)) }),
    }));
  const slots = runners.flatMap((runner) => runner.slots);
  const numbers = [...slots, ...queue].flatMap(({ run }) => run ?? []);
  return { ...state, runners, queue, runs: named(numbers, seeing) };
}

function visiblePoint(point: EnginePoint, viewer: Viewer): EnginePoint | undefined {
  const models = point.models.filter(({ model }) => viewer.mayUse(model));
  return models.length === 0 ? undefined : { ...point, models };
}

function runsOf({ shares }: EngineBlock): number[] {
  return shares.map(({ run }) => run);
}

function named(numbers: readonly number[], { runs, viewer }: Seeing): EngineRun[] {
  return runs.describe(numbers, viewer);
}
