import type { Clock } from '../../base/clock.ts';
import type { ConfiguredModels } from '../../inference/loading/configured-models.ts';
import { EngineWatch } from '../../live/engine-watch.ts';
import { LiveRuns } from '../../live/live-runs.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { SchedulerObserver } from '../../scheduler/scheduler-observer.ts';
import { engineName } from './engine-name.ts';
import { type LiveParts, liveSource } from './live-source.ts';

interface WatchParts extends LiveParts {
  readonly scheduler: () => Pick<Scheduler, 'running' | 'waiting' | 'watchSteps'>;
  readonly models: Pick<ConfiguredModels, 'aliasTarget'>;
  readonly clock: Clock;
  /** Absent = nothing is counted, so that nobody can watch. */
  readonly metrics: Metrics | undefined;
}

interface CreatedWatch {
  /** Follows the runs, whether or not somebody can watch them. */
  readonly runs: LiveRuns;
  readonly engineWatch: EngineWatch | undefined;
  /** Passes on what the scheduler reports. */
  readonly observer: SchedulerObserver | undefined;
}

export function createEngineWatch({ models, clock, metrics, ...live }: WatchParts): CreatedWatch {
  if (!metrics) return { runs: new LiveRuns(), engineWatch: undefined, observer: undefined };
  // An answer of an alias is one of its model.
  const onFirstToken = (listed: string, milliseconds: number) =>
    engineWatch.firstToken(engineName(listed, models), milliseconds);
  const runs = new LiveRuns({ onFirstToken });
  const source = liveSource(live);
  const engineWatch = new EngineWatch({
    source: {
      runners: () => live.scheduler().running(),
      waiting: () => live.scheduler().waiting(),
      devices: source.memory,
      diskBytes: source.diskBytes,
      watchSteps: (isWatched) => live.scheduler().watchSteps(isWatched),
    },
    runs,
    clock,
  });
  const observer: SchedulerObserver = {
    loadEnded: (model, result, milliseconds) => metrics.loadEnded(model, result, milliseconds),
    evicted: () => metrics.evicted(),
    died: (model, exit) => metrics.died(model, exit),
    counted: (model, figures) => {
      metrics.counted(model, figures);
      engineWatch.counted(model, figures);
    },
    stepped: (runner, report) => engineWatch.stepped(runner, report),
  };
  return { runs, engineWatch, observer };
}
