import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { AsyncQueue } from '../base/async-queue.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import { encodeFrame, FrameDecoder } from '../base/frame-codec.ts';
import type { EngineLog } from './engine-log.ts';
import type { ChildFrame, CompletionEvent, CompletionRequest, ParentFrame, RunnerFacts } from './protocol.ts';
import type { Runner, RunnerExit, TokenizeOptions } from './runner.ts';
import { SAVE_MS, stopProcess } from './stop.ts';

export interface LoadWatcher {
  progress(fraction: number): void;
  ready(facts: RunnerFacts): void;
  failed(error: unknown): void;
}

/** The parent's side of one child: matches answers to requests, and turns the child's death into their errors. */
export class ChildRunner implements Runner {
  readonly pid: number;
  readonly exited: Promise<RunnerExit>;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #log: EngineLog;
  readonly #completions = new Map<number, AsyncQueue<CompletionEvent>>();
  readonly #answers = new Map<number, Deferred<number[] | string>>();
  #facts: RunnerFacts | undefined;
  #watcher: LoadWatcher | undefined;
  #nextId = 1;
  #isStopping = false;
  #exit: RunnerExit | undefined;

  constructor(child: ChildProcess, pipe: Socket, log: EngineLog) {
    this.#child = child;
    this.#pipe = pipe;
    this.#log = log;
    this.pid = child.pid ?? 0;
    const decoder = new FrameDecoder();
    pipe.on('data', (chunk: Buffer) => this.#receive(decoder, chunk));
    // A broken pipe is told by the exit that follows.
    pipe.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      const onExit = (code: number | null, signal: string | null) => resolve(this.#onExit(code, signal));
      child.once('close', onExit);
      child.once('error', () => onExit(null, null));
    });
  }

  get facts(): RunnerFacts {
    if (!this.#facts) throw new OllamaError('runner-failed', 'the model is not loaded yet');
    return this.#facts;
  }

  watchLoad(watcher: LoadWatcher): void {
    this.#watcher = watcher;
  }

  async *complete(request: CompletionRequest, signal?: AbortSignal): AsyncGenerator<CompletionEvent> {
    this.#requireAlive();
    if (signal?.aborted) throw new OllamaError('canceled', 'request canceled');
    const id = this.#nextId++;
    const queue = new AsyncQueue<CompletionEvent>();
    const onAbort = () => queue.fail(new OllamaError('canceled', 'request canceled'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#completions.set(id, queue);
    this.send({ type: 'complete', id, request });
    try {
      yield* queue;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // Still listed = not answered: the reader left or aborted, so the slot must be freed.
      if (this.#completions.delete(id)) this.send({ type: 'cancel', id });
    }
  }

  async tokenize(text: string, options: TokenizeOptions): Promise<number[]> {
    const tokens = await this.#ask((id) => ({ type: 'tokenize', id, text, ...options }));
    return tokens as number[];
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    return (await this.#ask((id) => ({ type: 'detokenize', id, tokens }))) as string;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.send({ type: 'stop', saveMs: SAVE_MS });
    await stopProcess(this.#child, this.exited);
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  send(frame: ParentFrame): void {
    if (!this.#exit && this.#pipe.writable) this.#pipe.write(encodeFrame(frame));
    if (frame.type === 'load') this.#awaitLoadedMarker(frame.loadedMarker);
  }

  #markerSeen = createDeferred<void>();

  /** Facts are whole only when all of the load's log lines have been read as well. */
  #awaitLoadedMarker(marker: string): void {
    this.#log.onLine(marker, () => this.#markerSeen.resolve());
  }

  async #onReady(facts: RunnerFacts): Promise<void> {
    await this.#markerSeen.promise;
    const { totalBytes, gpuBytes } = this.#log.memory;
    this.#facts = totalBytes > 0 ? { ...facts, memoryBytes: totalBytes, gpuMemoryBytes: gpuBytes } : facts;
    this.#watcher?.ready(this.#facts);
  }

  #ask(frameFor: (id: number) => ParentFrame): Promise<number[] | string> {
    this.#requireAlive();
    const id = this.#nextId++;
    const answer = createDeferred<number[] | string>();
    this.#answers.set(id, answer);
    this.send(frameFor(id));
    return answer.promise;
  }

  #requireAlive(): void {
    if (this.#exit) throw this.#deathError();
    if (this.#isStopping)
      throw new OllamaError('runner-failed', 'the model is being unloaded', { status: 503 });
  }

  #receive(decoder: FrameDecoder, chunk: Buffer): void {
    try {
      for (const frame of decoder.push(chunk)) this.#dispatch(frame as ChildFrame);
    } catch {
      // A child that writes no frames is broken beyond use; its exit fails what is running.
      this.#child.kill('SIGKILL');
    }
  }

  #dispatch(frame: ChildFrame): void {
    switch (frame.type) {
      case 'load-progress':
        this.#watcher?.progress(frame.fraction);
        break;
      case 'ready':
        void this.#onReady(frame.facts);
        break;
      case 'load-failed':
        this.#watcher?.failed(new OllamaError('load-failed', this.#withLastLines(frame.message)));
        break;
      case 'event':
        this.#onEvent(frame.id, frame.event);
        break;
      case 'tokens':
        this.#settle(frame.id, (answer) => answer.resolve([...frame.tokens]));
        break;
      case 'text':
        this.#settle(frame.id, (answer) => answer.resolve(frame.text));
        break;
      case 'failed':
        this.#onFailure(frame.id, new OllamaError(frame.code, frame.message));
        break;
    }
  }

  #onEvent(id: number, event: CompletionEvent): void {
    const queue = this.#completions.get(id);
    queue?.push(event);
    if (event.type !== 'done') return;
    this.#completions.delete(id);
    queue?.end();
  }

  #onFailure(id: number, error: OllamaError): void {
    this.#completions.get(id)?.fail(error);
    this.#completions.delete(id);
    this.#settle(id, (answer) => answer.reject(error));
  }

  #settle(id: number, settle: (answer: Deferred<number[] | string>) => void): void {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answer) settle(answer);
  }

  #onExit(code: number | null, signal: string | null): RunnerExit {
    this.#exit = { code, signal, expected: this.#isStopping, lastLines: this.#log.failures };
    const error = this.#deathError();
    this.#watcher?.failed(new OllamaError('load-failed', this.#withLastLines(this.#exitText())));
    for (const queue of this.#completions.values()) queue.fail(error);
    for (const answer of this.#answers.values()) answer.reject(error);
    this.#completions.clear();
    this.#answers.clear();
    return this.#exit;
  }

  #exitText(): string {
    const reason = this.#exit?.signal ? `signal ${this.#exit.signal}` : `exit code ${this.#exit?.code}`;
    return `the model runner process has terminated: ${reason}`;
  }

  #deathError(): OllamaError {
    return new OllamaError(
      'runner-failed',
      this.#withLastLines(
        'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
      ),
    );
  }

  #withLastLines(message: string): string {
    const last = this.#log.failures.slice(-2).join('; ');
    return last === '' ? message : `${message}: ${last}`;
  }
}
