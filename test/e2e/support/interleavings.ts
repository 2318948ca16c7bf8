/** Asks an engine the same prompts in random circumstances. */
import type { CompletionRequest } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { type Answer, askRunner, startEngine } from './engine-runner.ts';

const MIB = 1024 * 1024;
const MOST_SLOTS = 4;
/** Requests under way beyond the slots, which wait. */
const WAITING = 2;
/** Part of the prompts that are asked twice. */
const REPEATED = 0.3;
/** Other requests per prompt; a third of them are canceled. */
const COMPANIONS = 0.5;
const CANCELED = 1 / 3;
const LONGEST_PAUSE_MS = 20;
const DRAFT_LENGTHS = [undefined, 0, 7];

export interface Interleaving {
  readonly load: Partial<LoadOptions> & Pick<LoadOptions, 'modelPath'>;
  /** Folder of the cache on disk, which other interleavings may have filled. */
  readonly folder: string;
  readonly prompts: readonly (readonly number[])[];
  readonly overrides: Partial<CompletionRequest>;
  readonly random: () => number;
}

/** One answer and the index of its prompt. */
export interface Given {
  readonly prompt: number;
  readonly answer: Answer;
}

/** Prompts of random tokens, many of which begin like an earlier one. */
export function sharedPrompts(
  count: number,
  lengths: { readonly shortest: number; readonly longest: number },
  random: () => number,
  token: () => number,
): number[][] {
  const prompts: number[][] = [];
  for (let index = 0; index < count; index++) {
    const length = lengths.shortest + Math.floor(random() * (lengths.longest - lengths.shortest));
    const earlier = random() < 0.5 ? pick(prompts, random) : undefined;
    const shared = (earlier ?? []).slice(0, Math.floor(random() * length));
    prompts.push([...shared, ...Array.from({ length: length - shared.length }, token)]);
  }
  return prompts;
}

/**
 * Asks all prompts in a random order, some twice, with a random number of slots and threads, other requests beside them, some of
 * which are canceled, host memory or none, and an engine that is restarted half-way and reads its states from disk.
 */
export async function askInterleaved(interleaving: Interleaving): Promise<Given[]> {
  const { prompts, random } = interleaving;
  const order = prompts.flatMap((_, index) => (random() < REPEATED ? [index, index] : [index]));
  shuffle(order, random);
  const half = Math.floor(order.length * random());
  const given: Given[] = [];
  for (const part of [order.slice(0, half), order.slice(half)])
    given.push(...(await askPart(interleaving, part)));
  return given;
}

async function askPart(interleaving: Interleaving, order: number[]): Promise<Given[]> {
  const { load, folder, overrides, prompts, random } = interleaving;
  const slots = 1 + Math.floor(random() * MOST_SLOTS);
  const hostBytes = random() < 0.5 ? 0 : 256 * MIB;
  const prefixCache = { hostBytes, diskBytes: 1024 * MIB, folder, modelDigest: 'ef'.repeat(32) };
  // All cores, or one of them.
  const threads = Math.floor(random() * 2);
  const runner = await startEngine({ ...load, slots, threads, prefixCache });
  const given: Given[] = [];
  const serve = async () => {
    for (let prompt = order.pop(); prompt !== undefined; prompt = order.pop()) {
      await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_PAUSE_MS));
      const companion =
        random() < COMPANIONS ? bother(runner, pick(prompts, random) ?? [], random) : undefined;
      const draftTokens = pick(DRAFT_LENGTHS, random);
      const drafts = draftTokens === undefined ? {} : { draftTokens };
      const answer = await askRunner(runner, prompts[prompt] ?? [], { ...overrides, ...drafts });
      given.push({ prompt, answer });
      await companion;
    }
  };
  try {
    await Promise.all(Array.from({ length: slots + WAITING }, serve));
  } finally {
    await runner.stop();
  }
  return given;
}

/** Sends a request that begins like a prompt and asks for nothing special; it may be canceled under way. */
async function bother(runner: Runner, prompt: readonly number[], random: () => number): Promise<void> {
  const part = prompt.slice(0, 1 + Math.floor(random() * prompt.length));
  const maxTokens = Math.floor(random() * 40);
  const signal = random() < CANCELED ? AbortSignal.timeout(1 + Math.floor(random() * 100)) : undefined;
  await askRunner(runner, part, { maxTokens }, signal).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
}

function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}

function shuffle(items: number[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [items[index], items[other]] = [items[other] ?? 0, items[index] ?? 0];
  }
}
