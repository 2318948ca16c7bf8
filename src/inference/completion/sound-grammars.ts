import { createHash } from 'node:crypto';
import { LruCache } from '../../base/lru-cache.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';

/** Grammars that were found sound; a model or an application sends the same few again and again. */
const MAX_KEPT = 256;

/**
 * Checks the grammars that users write, and remembers those that passed. The engine cannot be interrupted while it reads
 * one, so a grammar that would keep it busy must not reach it.
 */
export class SoundGrammars {
  readonly #work: ChatWork;
  readonly #sound = new LruCache<string, true>(MAX_KEPT);

  constructor(work: ChatWork) {
    this.#work = work;
  }

  /** @throws OllamaError `invalid-request` naming the rule at fault and what to do */
  async require(grammar: string | undefined, order: WorkOrder): Promise<void> {
    if (grammar === undefined) return;
    const digest = createHash('sha256')
      .update(JSON.stringify([order.salt ?? '', grammar]))
      .digest('base64');
    if (this.#sound.get(digest)) return;
    await this.#work('checkGrammar', grammar, order);
    this.#sound.set(digest, true);
  }
}
