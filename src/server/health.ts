/** Health checks that use the same code paths as requests. */

import { access, constants, statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { HealthCheck, HealthResponse } from '../api/health.ts';
import { messageOf, systemCode } from '../base/errors.ts';
import { binaryBytes } from '../base/memory-text.ts';
import { MIB } from '../base/units.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { changeProblem, StoredFiles } from './health-of-store.ts';
import type { ServerParts } from './server-parts.ts';

/** Probes within this time share one result. */
const KEPT_MS = 1000;
/** A busy engine answers between two steps, and a step takes less than a second on a sufficiently fast machine. */
const RUNNER_ANSWER_MS = 5000;
/** With less free space, pulls and caches fail. */
const LEAST_FREE_BYTES = 16 * MIB;

const ACCEPTING = 'accepting';
const stopping: HealthResponse = {
  status: 'unavailable',
  checks: [{ name: ACCEPTING, ok: false, detail: 'the server is shutting down' }],
};

export interface HealthParts {
  readonly scheduler: Pick<Scheduler, 'readyRunners' | 'waiting'>;
  readonly shutdown: { readonly hasBegun: boolean };
  readonly store: Pick<ServerParts['store'], 'manifests' | 'blobs'>;
  /** What the server writes down about its use. */
  readonly records?: { problem(): string | undefined };
  readonly config: { readonly maxQueue: number; readonly modelsFolder: string };
  /** Absent = there are none. */
  readonly keys?: { readonly problem: string | undefined; readonly exposure: string | undefined };
  /** When the server's certificate expires, for people; absent or undefined = it has none. */
  readonly certificateExpiry?: (() => string | undefined) | undefined;
}

export class Health {
  readonly #parts: HealthParts;
  readonly #files: StoredFiles;
  #last: { readonly at: number; readonly report: Promise<HealthResponse> } | undefined;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#files = new StoredFiles(parts.store);
  }

  /** Runs at most one probe at a time. Never rejects. */
  check(): Promise<HealthResponse> {
    // The end is reported at once: a router that waits for the answer of a busy model keeps sending requests meanwhile.
    if (this.#parts.shutdown.hasBegun) return Promise.resolve(stopping);
    const now = performance.now();
    if (this.#last && now - this.#last.at < KEPT_MS) return this.#last.report;
    const report = this.#probe();
    this.#last = { at: now, report };
    return report;
  }

  async #probe(): Promise<HealthResponse> {
    const { scheduler, config, records } = this.#parts;
    const unwritten = records?.problem();
    const waiting = scheduler.waiting().length;
    const expiry = this.#parts.certificateExpiry?.();
    const checks = await Promise.all([
      { name: ACCEPTING, ok: true },
      check('queue', () =>
        waiting >= config.maxQueue ? `the queue is full: ${waiting} requests are waiting` : undefined,
      ),
      check(
        'models folder',
        () => access(config.modelsFolder, constants.R_OK | constants.X_OK),
        () => changeProblem(config.modelsFolder),
      ),
      check(
        'model files',
        () => undefined,
        () => this.#files.problem(),
      ),
      check('disk', () => diskProblem(config.modelsFolder)),
      ...(unwritten === undefined
        ? []
        : [
            check(
              'records',
              () => undefined,
              async () => unwritten,
            ),
          ]),
      ...scheduler.readyRunners().map(({ name, runner }) =>
        check(modelCheck(name), async () => {
          // Unlike tokens, texts are not remembered on our side: the child itself must answer.
          const answer = runner.detokenize([]);
          const late = pause(RUNNER_ANSWER_MS, 'late' as const, { ref: false });
          const first = await Promise.race([answer, late]);
          return first === 'late' ? `no answer within ${RUNNER_ANSWER_MS / 1000} s` : undefined;
        }),
      ),
    ]);
    checks.push(...keyChecks(this.#parts.keys));
    // Whoever checks has connected all the same, and a server without clients would hide the reason.
    if (expiry !== undefined) checks.push({ name: 'certificate', ok: true, detail: expiry });
    return { status: checks.every(({ ok }) => ok) ? 'ok' : 'unavailable', checks };
  }
}

const MODEL_CHECK = 'model ';

/** The name of the check of a loaded model. */
function modelCheck(model: string): string {
  return `${MODEL_CHECK}${model}`;
}

/** The loaded model that a check is about; undefined for the other checks. */
export function checkedModel({ name }: Pick<HealthCheck, 'name'>): string | undefined {
  return name.startsWith(MODEL_CHECK) ? name.slice(MODEL_CHECK.length) : undefined;
}

/** A server whose keys cannot be read refuses its clients. */
function keyChecks(keys: HealthParts['keys']): HealthCheck[] {
  const { problem, exposure } = keys ?? {};
  if (problem !== undefined) return [{ name: 'keys', ok: false, detail: problem }];
  return exposure === undefined ? [] : [{ name: 'keys', ok: true, detail: exposure }];
}

/**
 * @param find returns a text that describes the problem, if there is one; an error counts as a problem too
 * @param remark describes what is wrong although the server can answer
 */
async function check(
  name: string,
  find: () => unknown,
  remark: () => Promise<string | undefined> = async () => undefined,
): Promise<HealthCheck> {
  const problem = await Promise.resolve().then(find).catch(messageOf);
  if (typeof problem === 'string') return { name, ok: false, detail: problem };
  const detail = await remark().catch((error: unknown) => `not checked: ${systemCode(error) ?? 'it failed'}`);
  return { name, ok: true, ...(detail !== undefined && { detail }) };
}

async function diskProblem(folder: string): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  return free < LEAST_FREE_BYTES ? `only ${binaryBytes(free)} are free in the models folder` : undefined;
}
