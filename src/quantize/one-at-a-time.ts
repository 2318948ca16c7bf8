import { rm } from 'node:fs/promises';
import { type Turn, Turns } from './turns.ts';

/** Work on files in the processes of one request, waiting or running. */
export interface FileWork {
  readonly controller: AbortController;
  /** Lets others go first while something takes long. */
  readonly turn: Pick<Turn, 'stepAside' | 'stepBack'>;
  /** The files that its processes write; removed when the work is stopped. */
  readonly places: string[];
  /** Resolves when the current process has exited. */
  ended?: Promise<void>;
}

/** Does heavy work on files one request after the other. Owners take turns; the requests of one are in the order in which they came. */
export class OneAtATime {
  readonly #turns = new Turns();
  readonly #all = new Set<FileWork>();

  /**
   * @param waiting the event that says that other work comes first
   * @throws OllamaError `canceled`, and the errors of `work`
   */
  async *run<Event, Result>(
    waiting: Event,
    work: (own: FileWork) => AsyncGenerator<Event, Result>,
    signal: AbortSignal | undefined,
    owner?: string,
  ): AsyncGenerator<Event, Result> {
    const turn = this.#turns.take(owner);
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const own: FileWork = { controller, turn, places: [] };
    this.#all.add(own);
    try {
      if (turn.mustWait) yield waiting;
      await turn.wait(controller.signal);
      return yield* work(own);
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#all.delete(own);
      turn.release();
    }
  }

  /** Stops all work, even if nobody reads its events any more; resolves when its processes and files are gone. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map(stop));
  }
}

async function stop({ controller, places, ended }: FileWork): Promise<void> {
  controller.abort();
  await ended;
  for (const place of places) await rm(place, { force: true });
}
