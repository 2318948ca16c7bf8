/**
 * Rows of media beside text, with an encoder that is given its rows: if these are the rows of the token table for a text, the
 * completion must be that of the text.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { MEDIA_PART_BYTES } from '../../../src/protocol/media.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { circleFrom } from '../../fakes/models/circle-model.ts';
import { writePredictionModel } from '../../fakes/models/prediction-model.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';
import {
  type EncoderFacts,
  type GivenPiece,
  MediaPrompt,
  pieceOf,
  readTokenTable,
  startMediaEngine,
} from '../support/media-engine.ts';

const MIB = 1024 * 1024;
/** The words in the vocabulary of the random model, after its control tokens and bytes. */
const FIRST_WORD = 260;
const WORDS = 79;
/** Sums of attention depend on how many tokens a call computes, in some of their 16 bits; other rows change much more. */
const TOLERANCE = 0.02;

let folder: string;
let modelPath: string;
let table: Awaited<ReturnType<typeof readTokenTable>>;
let runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-'));
  modelPath = join(folder, 'tiny.gguf');
  await writeRandomModel(modelPath, { contextLength: 1024, sharpness: 8 });
  table = await readTokenTable(modelPath);
  return () => rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

async function start(load: Partial<LoadOptions> = {}, facts: Partial<EncoderFacts> = {}): Promise<Runner> {
  const path = join(folder, `encoder-${runners.length}.json`);
  const runner = await startMediaEngine(path, { rowWidth: table.width, ...facts }, { modelPath, ...load });
  runners.push(runner);
  return runner;
}

/** Tokens that are words, always the same for a seed. */
function words(count: number, seed: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => FIRST_WORD + ((seed * 7919 + index * index * 31 + index * seed) % WORDS),
  );
}

const before = [1, ...words(29, 1)];
const shown = words(100, 2);
const question = words(40, 3);
const otherQuestion = words(50, 4);
const spelledOut = [...before, ...shown, ...question];

/** A picture whose rows are those of a text. */
function picture(more: GivenPiece['piece']['place'] = {}, tokens: readonly number[] = shown): GivenPiece {
  return pieceOf(table.rows(tokens), table.width, { place: more });
}

function expectSame(answer: Answer, other: Answer): void {
  expect(answer.tokens).toEqual(other.tokens);
  expect(answer.logprobs).toHaveLength(other.logprobs.length);
  for (const [index, logprob] of answer.logprobs.entries())
    expect(Math.abs(logprob - (other.logprobs[index] ?? 0))).toBeLessThan(TOLERANCE);
}

const text = (runner: Runner, tokens: readonly number[]) =>
  askRunner(runner, tokens, { topLogprobs: 2, draftTokens: 0 });
const ask = (runner: Runner, prompt: MediaPrompt, more = {}, signal?: AbortSignal) =>
  askRunner(runner, prompt.prompt, prompt.with(more), signal);

describe('a picture whose rows are those of a text', () => {
  it('gets the completion of the text, and another one gets another', async () => {
    const runner = await start();
    const prompt = new MediaPrompt(before, picture(), question);
    const answer = await ask(runner, prompt);
    expectSame(answer, await text(runner, spelledOut));
    expect(answer).toMatchObject({ prompt: 170, cached: 0 });
    expect(prompt.asked).toHaveLength(1);
    const other = new MediaPrompt(before, picture({}, words(100, 9)), question);
    const { logprobs } = await ask(runner, other);
    expect(
      Math.max(...logprobs.map((logprob, index) => Math.abs(logprob - (answer.logprobs[index] ?? 0)))),
    ).toBeGreaterThan(5 * TOLERANCE);
  });

  it('may come first, last and twice in a prompt', async () => {
    const runner = await start({ slots: 2 });
    const [first, last] = [picture({}, words(3, 5)), picture({}, words(70, 6))];
    const prompt = new MediaPrompt(first, question, picture(), picture(), last);
    const tokens = [...words(3, 5), ...question, ...shown, ...shown, ...words(70, 6)];
    expectSame(await ask(runner, prompt), await text(runner, tokens));
    expect(prompt.asked).toHaveLength(3);
    const again = await ask(runner, prompt);
    expectSame(again, await text(runner, tokens));
    // The last piece is computed again for the logits after it.
    expect(again.cached).toBe(243);
    expect(prompt.asked).toHaveLength(3);
  });

  it('gets it beside three streams, which get theirs', async () => {
    const runner = await start({ slots: 4 });
    const prompts = [5, 6, 7].map((seed) => [1, ...words(90, seed)]);
    const alone = [];
    for (const prompt of prompts) alone.push(await text(runner, prompt));
    const expected = await text(runner, spelledOut);
    const fresh = await start({ slots: 4 });
    const [answer, ...others] = await Promise.all([
      ask(fresh, new MediaPrompt(before, picture({ stages: 5, milliseconds: 5 }), question)),
      ...prompts.map((prompt) => text(fresh, prompt)),
    ]);
    expectSame(answer, expected);
    for (const [index, other] of others.entries()) expectSame(other, alone[index] ?? answer);
  });

  it('is neither encoded nor computed for a second question', async () => {
    const runner = await start({ slots: 2 });
    await ask(runner, new MediaPrompt(before, picture(), question));
    const second = new MediaPrompt(before, picture(), otherQuestion);
    const answer = await ask(runner, second);
    expect(second.asked).toEqual([]);
    expect(answer.cached).toBe(130);
    expectSame(answer, await text(runner, [...before, ...shown, ...otherQuestion]));
  });

  it('is not encoded again behind another text', async () => {
    const runner = await start();
    await ask(runner, new MediaPrompt(before, picture(), question));
    const moved = new MediaPrompt([1, ...words(50, 8)], picture(), question);
    const answer = await ask(runner, moved);
    expect(moved.asked).toEqual([]);
    expect(answer.cached).toBeLessThan(51);
    expectSame(answer, await text(runner, [1, ...words(50, 8), ...shown, ...question]));
  });

  it.each([
    { kept: 'on disk, over a restart', restarts: true, hostBytes: 0 },
    { kept: 'in host memory', restarts: false, hostBytes: 64 * MIB },
  ])('is kept $kept', async ({ restarts, hostBytes }) => {
    const cache = {
      folder: join(folder, 'cache'),
      hostBytes,
      diskBytes: 64 * MIB,
      modelDigest: 'a'.repeat(64),
    };
    // The options of a load belong to the key of a saved state, the path of the encoder among them.
    const load = { prefixCache: cache, projectorPath: join(folder, 'encoder-0.json') };
    let runner = await start(load);
    await ask(runner, new MediaPrompt(before, picture(), question));
    if (restarts) {
      await runner.stop();
      runners = [];
      runner = await start(load);
    } else await text(runner, [1, ...words(300, 11)]);
    const second = new MediaPrompt(before, picture(), otherQuestion);
    const answer = await ask(runner, second);
    expect(second.asked).toEqual([]);
    expect(answer.cached).toBe(130);
    expectSame(answer, await text(runner, [...before, ...shown, ...otherQuestion]));
    await rm(cache.folder, { recursive: true, force: true });
  });

  it('gets the same bits with "deterministic": alone, beside others and from the cache', async () => {
    const runner = await start();
    const fixed = { deterministic: true };
    const expected = await ask(runner, new MediaPrompt(before, picture(), question), fixed);
    const cached = await ask(runner, new MediaPrompt(before, picture(), question), fixed);
    expect(cached.cached).toBe(130);
    expect(cached).toMatchObject({ tokens: expected.tokens, logprobs: expected.logprobs });
    const crowd = await start({ slots: 3 });
    const [beside] = await Promise.all([
      ask(crowd, new MediaPrompt(before, picture({ stages: 3 }), question), fixed),
      text(crowd, [1, ...words(90, 5)]),
      text(crowd, [1, ...words(130, 6)]),
    ]);
    expect(beside).toMatchObject({ tokens: expected.tokens, logprobs: expected.logprobs });
  });

  it('is answered from kept logits, when the same prompt comes again', async () => {
    const runner = await start({ keepLogits: true });
    const first = await ask(runner, new MediaPrompt(before, picture(), question));
    const again = await ask(runner, new MediaPrompt(before, picture(), question));
    expect(again).toMatchObject({ cached: 170, tokens: first.tokens, logprobs: first.logprobs });
  });

  it('has no log probabilities itself, and the text around it has those of the text', async () => {
    const runner = await start();
    const scores = async (tokens: readonly number[], more: object) => {
      const found: (number | null)[] = [];
      const request = { prompt: tokens, promptLogprobs: 1, maxTokens: 1, ...more };
      await askRunner(runner, tokens, request);
      for await (const event of runner.complete({ ...plain, ...request }))
        if (event.type === 'prompt') found.push(...event.logprobs.map(({ logprob }) => logprob));
      return found;
    };
    const prompt = new MediaPrompt(before, picture(), question);
    const found = await scores(prompt.prompt, prompt.with());
    const expected = await scores(spelledOut, {});
    expect(found).toHaveLength(170);
    expect(found.slice(30, 130)).toEqual(new Array(100).fill(null));
    for (const [index, logprob] of expected.entries())
      if (index < 30 || index >= 130)
        expect(Math.abs((found[index] ?? 9) - (logprob ?? 9))).toBeLessThan(TOLERANCE);
  });

  it('ends the completion where the context is full, since a picture cannot be shifted', async () => {
    const runner = await start({ contextLength: 256 });
    const answer = await ask(runner, new MediaPrompt(before, picture(), question), { maxTokens: 400 });
    expect(answer.tokens.length).toBeLessThanOrEqual(256 - 170 + 1);
  });
});

const plain = {
  ...{ stop: [], keep: 4, shift: true },
  sampling: {
    ...{ temperature: 0, topK: 40, topP: 0.9, minP: 0, typicalP: 1, repeatPenalty: 1, repeatLastN: 64 },
    ...{ presencePenalty: 0, frequencyPenalty: 0, seed: -1 },
  },
};

describe('the encoder', () => {
  it('encodes a picture once for two requests that come at the same time', async () => {
    const runner = await start({ slots: 2 });
    const slow = picture({ stages: 10, milliseconds: 5 });
    const prompts = [new MediaPrompt(before, slow, question), new MediaPrompt(otherQuestion, slow, before)];
    const [first, second] = await Promise.all(prompts.map((prompt) => ask(runner, prompt)));
    expect(prompts.flatMap(({ asked }) => asked)).toHaveLength(1);
    if (first) expectSame(first, await text(runner, spelledOut));
    if (second) expectSame(second, await text(runner, [...otherQuestion, ...shown, ...before]));
  });

  it('lets others be answered between its stages', async () => {
    const runner = await start({ slots: 2 });
    const finished: string[] = [];
    const slow = ask(runner, new MediaPrompt(before, picture({ stages: 200, milliseconds: 10 }), question));
    await Promise.all([
      slow.then(() => finished.push('picture')),
      text(runner, [1, ...words(20, 7)]).then(() => finished.push('text')),
    ]);
    expect(finished).toEqual(['text', 'picture']);
  });

  it('ends in mid-encode when its request is canceled, and another request for the picture goes on', async () => {
    const runner = await start();
    const endless = new MediaPrompt(before, picture({ stages: 100_000, milliseconds: 10 }), question);
    const abort = new AbortController();
    const canceled = ask(runner, endless, {}, abort.signal).catch((error: unknown) => error);
    await waitUntil(() => endless.asked.length === 1);
    abort.abort();
    expect(await canceled).toMatchObject({ code: 'canceled' });
    // The only slot and the encoder are free again.
    expectSame(
      await ask(runner, new MediaPrompt(before, picture({ stages: 2 }), question)),
      await text(runner, spelledOut),
    );
  });

  it('asks another request for the data, when the first one was canceled before it could give them', async () => {
    const runner = await start({ slots: 2 });
    const abort = new AbortController();
    const first = new MediaPrompt(before, picture(), question);
    let asked = false;
    const never = () => {
      asked = true;
      return new Promise<Uint8Array>(() => undefined);
    };
    const canceled = ask(runner, first, { mediaData: never }, abort.signal).catch(() => undefined);
    await waitUntil(() => asked);
    const second = new MediaPrompt(before, picture(), otherQuestion);
    const answer = ask(runner, second);
    abort.abort();
    await canceled;
    expectSame(await answer, await text(runner, [...before, ...shown, ...otherQuestion]));
    expect(second.asked).toHaveLength(1);
  });

  it('fails only the request whose picture it cannot encode', async () => {
    const runner = await start({ slots: 2 });
    const broken = ask(runner, new MediaPrompt(before, picture({ fails: 1 }), question));
    const other = text(runner, spelledOut);
    await expect(broken).rejects.toMatchObject({ code: 'runner-failed', message: 'the encoder failed' });
    await other;
    const missing = new MediaPrompt(before, picture(), question);
    const lost = () => Promise.reject(new Error('the picture is gone'));
    await expect(ask(runner, missing, { mediaData: lost })).rejects.toThrow('the picture is gone');
    expectSame(await ask(runner, missing), await text(runner, spelledOut));
  });

  it('gets the data again from the parent after a crash', async () => {
    const runner = await start();
    const prompt = new MediaPrompt(before, picture({ stages: 100_000, milliseconds: 10 }), question);
    const failed = ask(runner, prompt).catch((error: unknown) => error);
    await waitUntil(() => prompt.asked.length === 1);
    process.kill(runner.pid, 'SIGKILL');
    expect(await failed).toMatchObject({ code: 'runner-failed' });
    const fresh = await start();
    const again = new MediaPrompt(before, picture(), question);
    expectSame(await ask(fresh, again), await text(fresh, spelledOut));
    expect(again.asked).toHaveLength(1);
  });

  it('takes data that comes in several parts', async () => {
    const wide = join(folder, 'wide.gguf');
    await writeRandomModel(wide, { contextLength: 4096, embedding: 256 });
    const { rows, width } = await readTokenTable(wide);
    const facts = { rowWidth: width, mostTokens: 3000 };
    const runner = await start({ modelPath: wide, contextLength: 4096, batchSize: 512 }, facts);
    const many = words(2200, 4);
    const prompt = new MediaPrompt([1], pieceOf(rows(many), width), question);
    expectSame(await ask(runner, prompt), await text(runner, [1, ...many, ...question]));
    expect(many.length * width * 4).toBeGreaterThan(MEDIA_PART_BYTES);
  });
});

describe('a request with media', () => {
  it('is refused where the spans do not fit the prompt', async () => {
    const runner = await start();
    const prompt = new MediaPrompt(before, picture(), question);
    const [span] = prompt.media;
    if (!span) throw new Error('no span');
    const wrong = [
      [{ ...span, start: 31 }, 'has other pseudo tokens in the prompt'],
      [{ ...span, start: 100 }, 'lies outside of the prompt'],
      [{ ...span, kind: 'image' }, 'of a kind that the model does not take: "image"'],
      [{ ...span, tokens: 601 }, 'at most 600 are possible'],
      [{ ...span, positions: 10 }, 'takes 10 positions'],
      [{ ...span, width: 1e9 }, 'has a size that is not possible'],
      [{ ...span, digest: 'x' }, 'has no valid digest'],
    ] as const;
    for (const [media, message] of wrong)
      await expect(ask(runner, prompt, { media: [media] })).rejects.toThrow(message);
    await expect(ask(runner, prompt, { media: [] })).rejects.toThrow('is not in the vocabulary');
    await expect(ask(runner, prompt, { media: [span, span] })).rejects.toThrow('piece 2 of the media lies');
    const textOnly = await startEngine({ modelPath });
    runners.push(textOnly);
    await expect(ask(textOnly, prompt)).rejects.toThrow('without an encoder of pictures or sound');
  });

  it('finds an encoder of another model refused, and one without room on its GPU on the CPU', async () => {
    await expect(start({}, { rowWidth: 33 })).rejects.toThrow('it was made for another model');
    await expect(start({}, { problem: 'unknown projector "x"' })).rejects.toThrow('unknown projector "x"');
    const runner = await start({ projectorGpu: 'CUDA0' });
    expect(runner.facts.media).toMatchObject({ kinds: ['audio'], rowWidth: 32, mostTokens: 600 });
    expect(runner.facts.media?.gpu).toBeUndefined();
    const plainRunner = await startEngine({ modelPath, threads: 1 });
    runners.push(plainRunner);
    expect(runner.facts.media).toMatchObject({ encoderBytes: 3000, rowBytes: 128 * 32 * 4 });
    expect(runner.facts.memoryBytes).toBe(plainRunner.facts.memoryBytes + 3000 + 128 * 32 * 4);
  });
});

describe('drafts beside a picture', () => {
  let circle: string;
  let circleTable: typeof table;

  beforeAll(async () => {
    circle = join(folder, 'circle.gguf');
    await writePredictionModel(circle);
    circleTable = await readTokenTable(circle);
  });

  const startCircle = (load: Partial<LoadOptions>) =>
    start({ modelPath: circle, ...load }, { rowWidth: circleTable.width });
  const pictureOf = (tokens: readonly number[]) => pieceOf(circleTable.rows(tokens), circleTable.width);

  /** Tokens and number of drafted ones; the engine drafts as it likes. */
  async function complete(runner: Runner, prompt: MediaPrompt, maxTokens: number) {
    const { draftTokens: _draftTokens, topLogprobs: _topLogprobs, ...media } = prompt.with();
    const request = { ...plain, prompt: prompt.prompt, maxTokens, ...media };
    for await (const event of runner.complete(request))
      if (event.type === 'done') return { tokens: event.tokens, drafted: event.timings.draftedTokens };
    throw new Error('the completion did not end');
  }

  it('come from no predicting layer, which knows only text, and texts get them before and after', async () => {
    const runner = await startCircle({ predictingLayers: true, drafting: 'on' });
    // All of it is shorter than the circle, so that nothing is drafted because it comes again.
    const expected = circleFrom(135, 20);
    const spelled = new MediaPrompt([1, ...circleFrom(100, 35)]);
    const pictured = new MediaPrompt(
      [1, ...circleFrom(100, 10)],
      pictureOf(circleFrom(110, 20)),
      circleFrom(130, 5),
    );
    const results = [];
    for (const prompt of [spelled, pictured, spelled]) results.push(await complete(runner, prompt, 20));
    expect(results.map(({ tokens }) => tokens)).toEqual([expected, expected, expected]);
    expect(results[0]?.drafted).toBeGreaterThan(0);
    expect(results[1]?.drafted).toBe(0);
    expect(results[2]?.drafted).toBeGreaterThan(0);
  });

  it('come from what the text says, but not from behind a picture', async () => {
    const runner = await startCircle({});
    const round = circleFrom(100, 60);
    // Where the text is found again, a picture follows after some tokens.
    const prompt = new MediaPrompt(
      [1, ...round.slice(0, 40)],
      pictureOf(round.slice(40)),
      round.slice(0, 20),
    );
    const { tokens, drafted } = await complete(runner, prompt, 60);
    expect(tokens).toEqual(circleFrom(120, 60));
    expect(drafted).toBeGreaterThan(0);
  });
});

/** Waits for something that the child does of its own accord. */
function waitUntil(isTrue: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(isTrue()).toBe(true), { timeout: 20_000 });
}
