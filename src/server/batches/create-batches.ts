import { join } from 'node:path';
import type { KeyStore } from '../../access/key-store.ts';
import type { RunLimits } from '../../access/limits/run-limits.ts';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { Batches } from '../../batches/batches.ts';
import {
  batchWorkerLimits,
  batchWorkerProgram,
  type InputCheck,
  pooledInputCheck,
} from '../../batches/work/batch-work.ts';
import type { ConfiguredModels } from '../../inference/loading/configured-models.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import { isHeld, tryLockFile } from '../../store/lock-file.ts';
import { WorkerPool } from '../../workers/worker-pool.ts';
import type { ServerApp } from '../app.ts';
import { BATCH_PRIORITY } from './inner-request.ts';
import { sendThroughApp } from './send-through-app.ts';

/**
 * Lines of one owner that are sent at the same time: more than a model has slots, so that none is free between two lines, and as
 * many as an embedding model takes at once.
 */
const LINES_AT_ONCE = 32;

interface Parts {
  /** Such as "~/.ollama". */
  readonly userFolder: string;
  readonly app: () => ServerApp;
  readonly keys: Pick<KeyStore, 'ofId' | 'hasKeys'>;
  readonly models: Pick<ConfiguredModels, 'aliasTarget'>;
  readonly scheduler: Pick<Scheduler, 'waiting' | 'running'>;
  readonly limits: Pick<RunLimits, 'waitingFor'>;
  readonly logger: Logger;
  /** Checks inputs; absent = worker processes do. */
  readonly check?: InputCheck;
}

export interface CreatedBatches {
  readonly batches: Batches;
  readonly workers: WorkerPool;
}

export function createBatches(parts: Parts): CreatedBatches {
  const { userFolder, app, keys, models, scheduler, limits, logger } = parts;
  const workers = new WorkerPool({
    program: batchWorkerProgram,
    clock: systemClock,
    logger,
    limits: batchWorkerLimits,
  });
  const batches = new Batches({
    folder: join(userFolder, 'batches'),
    clock: systemClock,
    logger,
    lock: tryLockFile,
    isLocked: isHeld,
    check: parts.check ?? pooledInputCheck(workers),
    send: sendThroughApp(app, keys),
    linesAtOnce: (owner) => Math.min(LINES_AT_ONCE, keys.ofId(owner)?.limits.concurrent ?? LINES_AT_ONCE),
    waiting: () =>
      scheduler.waiting().map(({ name, priority, waitedMs, reason }) => ({
        isOfBatch: priority <= BATCH_PRIORITY,
        model: name,
        waitsFor: reason,
        waitedMs,
      })),
    waitingForKey: (owner) =>
      limits
        .waitingFor(owner)
        .map(({ priority, waitedMs }) => ({ isOfBatch: priority <= BATCH_PRIORITY, waitedMs })),
    crowded: () => scheduler.running().flatMap(({ name, isCrowded }) => (isCrowded ? [name] : [])),
    isSame: (one, other) => canonical(one, models) === canonical(other, models),
  });
  return { batches, workers };
}

/** The name by which the scheduler knows a model. */
function canonical(text: string, models: Pick<ConfiguredModels, 'aliasTarget'>): string {
  try {
    const name = ModelName.parse(text);
    return (models.aliasTarget(name) ?? name.short).toLowerCase();
  } catch {
    return text;
  }
}
