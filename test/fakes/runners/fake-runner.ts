import { createDeferred } from '../../../src/base/deferred.ts';
import type { CompletionEvent } from '../../../src/protocol/completion.ts';
import type { RunnerFacts } from '../../../src/protocol/load.ts';
import type { Runner, RunnerExit } from '../../../src/runner/runner.ts';

/** A runner without a process: it stops on request, and crashes when a test tells it to. */
export class FakeRunner implements Runner {
  /** What `watchSteps` was called with. */
  readonly watched: boolean[] = [];
  /** How often `reportHeld` was called. */
  reportedAgain = 0;
  readonly pid = 1;
  readonly facts: RunnerFacts;
  readonly exited: Promise<RunnerExit>;
  stopped = false;
  readonly #exit = createDeferred<RunnerExit>();

  constructor(facts: Partial<RunnerFacts> = {}) {
    this.exited = this.#exit.promise;
    this.facts = {
      contextLength: 2048,
      slots: 1,
      bos: 1,
      eos: 2,
      addsBos: false,
      bosText: '',
      eosText: '',
      memoryBytes: 1000,
      gpuMemoryBytes: 0,
      ...facts,
    };
  }

  crash(): void {
    this.#exit.resolve({ code: null, signal: 'SIGKILL', expected: false, lastLines: [] });
  }

  async *complete(): AsyncGenerator<CompletionEvent> {
    yield { type: 'text', text: 'hello' };
  }

  /** Returns the number of tokens in each input. */
  async embed(inputs: readonly (readonly number[])[]): Promise<Float32Array[]> {
    return inputs.map((input) => Float32Array.of(input.length));
  }

  async tokenize(text: string): Promise<number[]> {
    return [...Buffer.from(text)];
  }

  async pieces(tokens: readonly number[]): Promise<Uint8Array[]> {
    return tokens.map((token) => Uint8Array.of(token));
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    return Buffer.from(tokens).toString();
  }

  watchSteps(isWatched: boolean): void {
    this.watched.push(isWatched);
  }

  reportHeld(): void {
    this.reportedAgain++;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.#exit.resolve({ code: 0, signal: null, expected: true, lastLines: [] });
    await this.exited;
  }
}
