import type { Worker } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import type { LogFields, Logger } from '../base/logger.ts';
import { startThread } from '../base/program/programs.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { FromPublisher, ListenFailure, PublishTask, ToPublisher } from './thread-messages.ts';

/** Reports that may wait for the thread; each is at most some hundred kilobytes. */
export const MOST_WAITING = 256;

interface KvEventsParts extends PublishTask {
  readonly logger: Logger;
  /** Whether the events of a model are published. */
  readonly isPublished: (model: string) => boolean;
  /** Asks an engine to report everything from the start, because something it reported was lost. */
  readonly reportAgain: (engine: number) => void;
}

export interface KvEventFigures {
  readonly batches: number;
  /** Messages that readers were too slow for, each once for each reader. */
  readonly skipped: number;
  /** Reports of engines that came faster than they were published. */
  readonly lost: number;
  readonly blocks: number;
}

/**
 * Publishes what the KV caches hold. The work is done in a thread that nobody waits for: if it falls behind, reports are lost, and
 * the engines begin again.
 */
export class KvEvents {
  readonly #parts: KvEventsParts;
  readonly #worker: Worker;
  readonly #models = new Map<number, string>();
  /** Engines of which a report was lost, and whether they were asked to begin again since. */
  readonly #incomplete = new Map<number, { isAsked: boolean }>();
  #waiting = 0;
  /** Nothing can be published any more. */
  #isBroken = false;
  #figures = { batches: 0, skipped: 0, lost: 0, blocks: 0 };

  constructor(parts: KvEventsParts) {
    this.#parts = parts;
    const { address, replayAddress, blockSize, seed, topic } = parts;
    const task: PublishTask = {
      ...{ address, blockSize, seed, topic },
      ...(replayAddress !== undefined && { replayAddress }),
    };
    this.#worker = startThread('publisher-thread', { workerData: task, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (reply: FromPublisher) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#failed({ reason: messageOf(error) }));
  }

  get figures(): KvEventFigures {
    return this.#figures;
  }

  /** @param engine ID of its instance */
  report(engine: number, model: string, report: HeldReport): void {
    if (this.#isBroken || !this.#parts.isPublished(model)) return;
    if (report.isFirst) this.#incomplete.delete(engine);
    if (this.#waiting >= MOST_WAITING || this.#incomplete.has(engine)) {
      this.#figures = { ...this.#figures, lost: this.#figures.lost + 1 };
      if (!this.#incomplete.has(engine)) this.#incomplete.set(engine, { isAsked: false });
      return;
    }
    this.#models.set(engine, model);
    this.#waiting++;
    this.#post({ type: 'report', engine, model, report });
  }

  /** An engine has exited. */
  end(engine: number): void {
    const model = this.#models.get(engine);
    this.#models.delete(engine);
    this.#incomplete.delete(engine);
    if (model !== undefined && !this.#isBroken) this.#post({ type: 'end', engine, model });
  }

  close(): void {
    void this.#worker.terminate();
  }

  #post(message: ToPublisher): void {
    this.#worker.postMessage(message);
  }

  #receive(reply: FromPublisher): void {
    if (reply.type === 'failed') this.#refused(reply);
    else if (reply.type === 'open') this.#opened();
    else {
      const { batches, skipped, blocks } = reply;
      this.#figures = { ...this.#figures, batches, skipped, blocks };
      this.#waiting--;
      if (this.#waiting <= MOST_WAITING / 2) this.#beginAgain();
    }
  }

  #beginAgain(): void {
    for (const [engine, loss] of this.#incomplete) {
      if (loss.isAsked) continue;
      loss.isAsked = true;
      this.#parts.reportAgain(engine);
    }
  }

  #opened(): void {
    const { address, replayAddress, logger } = this.#parts;
    const replay = replayAddress === undefined ? {} : { replay: replayAddress };
    logger.info('publishing events about the KV caches, which contain prompts', { address, ...replay });
  }

  #refused({ address, isReplay, message }: ListenFailure): void {
    const setting = isReplay ? 'OLLAMA_KV_EVENTS_REPLAY' : 'OLLAMA_KV_EVENTS';
    this.#failed({ setting, address, reason: message });
    this.close();
  }

  #failed(fields: LogFields): void {
    this.#isBroken = true;
    const text = 'events about the KV caches are not published until the server starts again';
    this.#parts.logger.error(text, fields);
  }
}
