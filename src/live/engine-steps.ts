import type { EngineBlock, EnginePrompt } from '../api/engine-events.ts';
import type { BegunPrompt, StepGroup, StepReport } from '../protocol/step-report.ts';

/**
 * Of each runner between two looks, which are much shorter than this many groups take. A child that reports more is at
 * fault.
 */
const MOST_BLOCKS = 16;
/** Prompts of each runner between two looks. Only those of a tiny model end so fast that there can be more. */
const MOST_PROMPTS = 64;

/** What was computed since somebody looked, of all runners. */
export class EngineWork {
  #blocks: EngineBlock[] = [];
  #prompts: EnginePrompt[] = [];

  add(runner: number, { groups, prompts }: Pick<StepReport, 'groups' | 'prompts'>): void {
    const isOwn = (entry: { readonly runner: number }) => entry.runner === runner;
    const roomForBlocks = MOST_BLOCKS - this.#blocks.filter(isOwn).length;
    const roomForPrompts = MOST_PROMPTS - this.#prompts.filter(isOwn).length;
    this.#blocks.push(...groups.slice(0, Math.max(0, roomForBlocks)).map((group) => blockOf(runner, group)));
    this.#prompts.push(
      ...prompts.slice(0, Math.max(0, roomForPrompts)).map((prompt) => promptOf(runner, prompt)),
    );
  }

  takeBlocks(): EngineBlock[] {
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  takePrompts(): EnginePrompt[] {
    const prompts = this.#prompts;
    this.#prompts = [];
    return prompts;
  }
}

function blockOf(runner: number, { startedAt, milliseconds, calls, tokens, shares }: StepGroup): EngineBlock {
  return {
    runner,
    started_at: rounded(startedAt),
    duration_ms: rounded(milliseconds),
    calls,
    tokens,
    shares: shares.map((share) => ({
      run: share.run,
      slot: share.slot,
      prefill_ms: rounded(share.prefillMs),
      decode_ms: rounded(share.decodeMs),
      prefill_tokens: share.prefillTokens,
      decode_tokens: share.decodeTokens,
      draft_taken: share.draftTaken,
      draft_refused: share.draftRefused,
    })),
  };
}

function promptOf(runner: number, { run, slot, at, tokens, reused, source }: BegunPrompt): EnginePrompt {
  const from = (origin: BegunPrompt['source']) => (source === origin ? reused : 0);
  return {
    runner,
    run,
    slot,
    at: rounded(at),
    slot_tokens: from('slot'),
    memory_tokens: from('memory'),
    disk_tokens: from('disk'),
    computed_tokens: tokens - reused,
  };
}

/** Microseconds are beyond what a page draws, and half of the text. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
