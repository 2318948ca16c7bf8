/** Asks an engine the same prompts in random circumstances, and compares its answers with those to each prompt alone. */
import { commonPrefix } from '../../../src/engine/cache/reuse.ts';
import type { CompletionRequest } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { type Answer, askRunner, startEngine } from './engine-runner.ts';

/** The tokens before it control a model. */
const FIRST_TOKEN = 3;
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

export interface Comparison {
  readonly load: Partial<LoadOptions> & Pick<LoadOptions, 'modelPath'>;
  /** Folder of the cache on disk. */
  readonly folder: string;
  readonly prompts: number;
  /** Bounds of a prompt's length in tokens. */
  readonly lengths: { readonly shortest: number; readonly longest: number };
  readonly interleavings: number;
  readonly seed: number;
  /** Number of tokens to choose from; the first few, which control the model, are left out. */
  readonly vocabulary: number;
  readonly overrides: Partial<CompletionRequest>;
}

interface Differences {
  answers: number;
  /** Answers whose prompt was partly in the cache. */
  reused: number;
  /** Answers with another log probability of any token. */
  otherNumbers: number;
  /** How much likelier the token chosen alone was than the next, at the first token that differs: one per such answer. */
  readonly ties: number[];
  /** Largest change of that gap where the texts are still equal. */
  spread: number;
}

/** Compares the answers of random interleavings, to the last bit, with those of each prompt alone in an empty cache. */
export async function compareWithAlone(comparison: Comparison): Promise<Differences> {
  const { load, lengths, vocabulary, overrides: wanted } = comparison;
  const random = seededRandom(comparison.seed);
  const overrides = { maxTokens: 16, topLogprobs: 2, ...wanted };
  const token = () => FIRST_TOKEN + Math.floor(random() * (vocabulary - FIRST_TOKEN));
  const prompts = sharedPrompts(comparison.prompts, lengths, random, token);
  const alone = await askAlone(load, prompts, overrides);
  const differences: Differences = { answers: 0, reused: 0, otherNumbers: 0, ties: [], spread: 0 };
  for (let round = 0; round < comparison.interleavings; round++) {
    for (const { prompt, answer } of await askInterleaved({ ...comparison, prompts, overrides, random })) {
      count(differences, answer, alone[prompt]);
    }
  }
  return differences;
}

function count(differences: Differences, answer: Answer, expected: Answer | undefined): void {
  if (!expected) throw new Error('no answer to the prompt alone');
  differences.answers++;
  if (answer.cached > 0) differences.reused++;
  if (`${answer.logprobs}` !== `${expected.logprobs}`) differences.otherNumbers++;
  const equal = commonPrefix(answer.tokens, expected.tokens);
  const changes = expected.gaps.slice(0, equal).map((gap, at) => Math.abs(gap - (answer.gaps[at] ?? 0)));
  differences.spread = Math.max(differences.spread, ...changes);
  const isSame = equal === answer.tokens.length && equal === expected.tokens.length;
  if (!isSame) differences.ties.push(expected.gaps[equal] ?? 0);
}

/** The answers to the prompts, each alone and from an empty cache. */
async function askAlone(
  load: Comparison['load'],
  prompts: readonly number[][],
  overrides: Partial<CompletionRequest>,
): Promise<Answer[]> {
  const runner = await startEngine(load);
  try {
    const answers: Answer[] = [];
    for (const [index, prompt] of prompts.entries()) {
      answers.push(await askRunner(runner, prompt, { ...overrides, cacheSalt: `${index}` }));
    }
    return answers;
  } finally {
    await runner.stop();
  }
}

interface Interleaving {
  readonly load: Partial<LoadOptions> & Pick<LoadOptions, 'modelPath'>;
  /** Folder of the cache on disk, which other interleavings may have filled. */
  readonly folder: string;
  readonly prompts: readonly (readonly number[])[];
  readonly overrides: Partial<CompletionRequest>;
  readonly random: () => number;
}

/** One answer and the index of its prompt. */
interface Given {
  readonly prompt: number;
  readonly answer: Answer;
}

/** Prompts of random tokens, many of which begin like an earlier one. */
function sharedPrompts(
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
 * Asks all prompts in a random order, some twice and one of the longest twice in a row, with a random number of slots and threads, other requests beside them, some of
 * which are canceled, host memory or none, and an engine that is restarted half-way and reads its states from disk.
 */
async function askInterleaved(interleaving: Interleaving): Promise<Given[]> {
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
  const sizeOf = (prompt: number) => prompts[prompt]?.length ?? 0;
  const slots = 1 + Math.floor(random() * MOST_SLOTS);
  const hostBytes = random() < 0.5 ? 0 : 256 * MIB;
  const prefixCache = { hostBytes, diskBytes: 1024 * MIB, folder, modelDigest: 'ef'.repeat(32) };
  // All cores, or one of them.
  const threads = Math.floor(random() * 2);
  const runner = await startEngine({ slots, threads, ...load, prefixCache });
  const given: Given[] = [];
  const longest = order.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one), order[0] ?? 0);
  const ask = async (prompt: number, drafts: Partial<CompletionRequest> = {}) => {
    const answer = await askRunner(runner, prompts[prompt] ?? [], { ...overrides, ...drafts });
    given.push({ prompt, answer });
  };
  const serve = async () => {
    for (let prompt = order.pop(); prompt !== undefined; prompt = order.pop()) {
      await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_PAUSE_MS));
      const companion =
        random() < COMPANIONS ? bother(runner, pick(prompts, random) ?? [], random) : undefined;
      const draftTokens = pick(DRAFT_LENGTHS, random);
      await ask(prompt, draftTokens === undefined ? {} : { draftTokens });
      await companion;
    }
  };
  try {
    await Promise.all(Array.from({ length: slots + WAITING }, serve));
    // The second finds the state of the first, whatever chance had made of the others.
    await ask(longest);
    await ask(longest);
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
