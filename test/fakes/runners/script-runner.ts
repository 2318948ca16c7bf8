import { setTimeout as pause } from 'node:timers/promises';
import { createDeferred } from '../../../src/base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../../../src/base/errors.ts';
import type {
  CompletionEvent,
  CompletionPrompt,
  CompletionRequest,
  FinishReason,
} from '../../../src/protocol/completion.ts';
import type { TokenizeOptions } from '../../../src/protocol/frames.ts';
import type { RunnerFacts } from '../../../src/protocol/load.ts';
import { tokenizedRequest } from '../../../src/protocol/tokenized-request.ts';
import type { EmbeddedMedia, Runner, RunnerRequest } from '../../../src/runner/runner.ts';
import { FakeRunner } from './fake-runner.ts';

export interface Script {
  readonly pieces: readonly string[];
  /** Milliseconds before each piece. */
  readonly delayMs?: number;
  readonly reason?: FinishReason;
  /** The stop string that ends the completion. */
  readonly stopText?: string;
  /** Thrown after the pieces. */
  readonly failure?: Error;
}

const BOS = 1;
const FIRST_WORD = 10;

/**
 * A runner that outputs a script, token by token. Its tokens are words with the space after them, numbered in the order
 * in which they first occur.
 */
export class ScriptRunner implements Runner {
  /** What `watchSteps` was called with. */
  readonly watched: boolean[] = [];
  /** How often `reportHeld` was called. */
  reportedAgain = 0;
  readonly pid = 1;
  readonly facts: RunnerFacts;
  readonly exited: Runner['exited'];
  script: Script;
  /** What the next completions output, one each, before `script` is used again. */
  readonly upcoming: Script[] = [];
  readonly requests: CompletionRequest[] = [];
  /** Inputs of all `embed` calls, in order. */
  readonly embedded: (readonly number[])[] = [];
  vectorOf: (input: readonly number[]) => readonly number[] = (input) => [3 * input.length, 4 * input.length];
  /** The bytes of all pieces of pictures and sounds, in order. */
  readonly encoded: Uint8Array[] = [];
  /** Number of completions that ended before their last event. */
  canceled = 0;
  readonly #words: string[] = [];
  readonly #process: FakeRunner;

  constructor(script: Script = { pieces: ['Hello', ' world'] }, facts: Partial<RunnerFacts> = {}) {
    this.#process = new FakeRunner(facts);
    this.facts = this.#process.facts;
    this.exited = this.#process.exited;
    this.script = script;
  }

  get stopped(): boolean {
    return this.#process.stopped;
  }

  watchSteps(isWatched: boolean): void {
    this.watched.push(isWatched);
  }

  reportHeld(): void {
    this.reportedAgain++;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  async *complete(
    asked: RunnerRequest<CompletionPrompt>,
    signal?: AbortSignal,
  ): AsyncGenerator<CompletionEvent> {
    const request = this.#tokenized(asked);
    this.requests.push(request);
    await this.#encode(asked);
    if (request.prompt !== asked.prompt) yield { type: 'tokenized', tokens: request.prompt };
    let finished = false;
    try {
      const { pieces, delayMs, reason = 'stop', stopText, failure } = this.upcoming.shift() ?? this.script;
      if (request.progress) yield* progressOf(request.prompt.length);
      if (request.promptLogprobs !== undefined) yield this.#promptLogprobs(request);
      for (const text of pieces) {
        if (delayMs !== undefined) await pause(delayMs, undefined, signal && { signal });
        yield { type: 'text', text, ...this.#logprobs(request, text) };
      }
      if (failure) throw failure;
      finished = true;
      const tokens = pieces.map((piece) => this.#idOf(piece));
      const ended = { reason, ...(stopText !== undefined && { stopText }) };
      yield { type: 'done', ...ended, tokens, timings: timings(request.prompt.length, pieces.length) };
    } catch (error) {
      if (signal?.aborted) throw new OllamaError('canceled', 'request canceled');
      throw error;
    } finally {
      if (!finished) this.canceled += 1;
    }
  }

  /** Asks for the data of all pieces, as an engine does that has computed none of them. */
  async #encode({ media = [], mediaData }: RunnerRequest<CompletionPrompt>): Promise<void> {
    for (const { digest } of media) if (mediaData) this.encoded.push(await mediaData(digest));
  }

  async embed(
    inputs: readonly (readonly number[])[],
    signal?: AbortSignal,
    media?: EmbeddedMedia,
  ): Promise<Float32Array[]> {
    throwIfCanceled(signal);
    this.embedded.push(...inputs);
    for (const { digest } of media?.spans.flat() ?? [])
      this.encoded.push((await media?.data(digest)) ?? new Uint8Array());
    return inputs.map((input) => Float32Array.from(this.vectorOf(input)));
  }

  async tokenize(text: string, { addSpecial }: TokenizeOptions): Promise<number[]> {
    return this.#tokensOf(text, addSpecial);
  }

  #tokenized({ prompt, ...request }: CompletionRequest<CompletionPrompt>): CompletionRequest {
    if (!('text' in prompt)) return { ...request, prompt };
    return tokenizedRequest({ ...request, prompt }, this.#tokensOf(prompt.text, prompt.addSpecial));
  }

  #tokensOf(text: string, addSpecial: boolean): number[] {
    const words = text.match(/\S+\s*|\s+/g) ?? [];
    const start = addSpecial && this.facts.addsBos ? [BOS] : [];
    return [...start, ...words.map((word) => this.#idOf(word))];
  }

  async pieces(tokens: readonly number[]): Promise<Uint8Array[]> {
    return Promise.all(tokens.map(async (token) => Buffer.from(await this.detokenize([token]))));
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    return tokens.map((token) => this.#words[token - FIRST_WORD] ?? '').join('');
  }

  #idOf(word: string): number {
    const index = this.#words.indexOf(word);
    return FIRST_WORD + (index >= 0 ? index : this.#words.push(word) - 1);
  }

  #promptLogprobs({ prompt, promptLogprobs }: CompletionRequest): CompletionEvent {
    const logprobs = prompt.map((id, index) => {
      const token = this.#words[id - FIRST_WORD] ?? '';
      const one = { token, bytes: [...Buffer.from(token)] };
      if (index === 0) return { ...one, logprob: null, topLogprobs: [] };
      return {
        ...one,
        logprob: -index,
        topLogprobs: Array.from({ length: promptLogprobs ?? 0 }, () => ({ ...one, logprob: -index })),
      };
    });
    return { type: 'prompt', logprobs };
  }

  #logprobs(
    { topLogprobs }: CompletionRequest,
    token: string,
  ): Pick<CompletionEvent & { type: 'text' }, 'logprobs'> {
    if (topLogprobs === undefined) return {};
    const one = { token, logprob: -0.5, bytes: [...Buffer.from(token)] };
    return { logprobs: [{ ...one, topLogprobs: Array.from({ length: topLogprobs }, () => one) }] };
  }
}

/** A runner whose completions begin when a test opens it, however long that takes on a busy machine. */
export class GatedRunner extends ScriptRunner {
  readonly #gate = createDeferred<void>();

  open(): void {
    this.#gate.resolve();
  }

  override async *complete(
    request: CompletionRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<CompletionEvent> {
    await this.#gate.promise;
    yield* super.complete(request, signal);
  }
}

/** One token comes from the cache, and the others from one step. */
function* progressOf(promptTokens: number): Generator<CompletionEvent> {
  const common = { type: 'progress', promptTokens, cachedTokens: 1 } as const;
  yield { ...common, processedTokens: 1, milliseconds: 0 };
  yield { ...common, processedTokens: promptTokens, milliseconds: 5 };
}

function timings(promptTokens: number, completionTokens: number) {
  return {
    promptTokens,
    draftedTokens: 0,
    acceptedTokens: 0,
    cachedTokens: 1,
    promptNanoseconds: 1000,
    completionTokens,
    thinkingTokens: 0,
    completionNanoseconds: 2000,
  };
}
