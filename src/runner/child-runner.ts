import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { AsyncQueue } from '../base/async-queue.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { exitText } from '../platform/process-exit.ts';
import type { CompletionEvent, CompletionPrompt } from '../protocol/completion.ts';
import { decodeFloats } from '../protocol/float-text.ts';
import { encodeFrame, FrameDecoder } from '../protocol/frame-codec.ts';
import type { ChildFrame, ParentFrame } from '../protocol/frames.ts';
import type { RunnerFacts } from '../protocol/load.ts';
import { mergedTexts } from '../protocol/merged-texts.ts';
import type { TokenizedText } from '../protocol/tokens.ts';
import { decodeBytes, isCount, isLastFrame, isRequest, passOn } from './child-frames.ts';
import type { ChildSurroundings, LoadWatcher } from './child-surroundings.ts';
import type { EngineLog } from './engine-log.ts';
import { withMemory } from './loaded-memory.ts';
import { answerMedia } from './media-answer.ts';
import { isStopped } from './process-table.ts';
import { ReadTexts } from './read-texts.ts';
import type { EmbeddedMedia, MediaSource, Runner, RunnerExit, RunnerRequest, TextOptions } from './runner.ts';
import {
  crashFailure,
  type FailureFacts,
  hangFailure,
  loadFailure,
  neighborFailure,
  overrunFailure,
  requestFailure,
  unloadFailure,
} from './runner-failure.ts';
import { SAVE_MS, stopProcess, terminateProcess } from './stop.ts';
import { SuspectError, suspicionOfExit, suspicionOfHang } from './suspicion.ts';
import { Watchdog } from './watchdog.ts';

type Answer = TokenizedText | string | Float32Array[] | Uint8Array[];

/** Time for the last lines of a process that has exited to arrive. */
const STREAMS_MS = 1000;

/** The parent's side of one child: matches answers to requests, and turns its exit into errors for them. */
export class ChildRunner implements Runner {
  readonly pid: number;
  readonly exited: Promise<RunnerExit>;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #log: EngineLog;
  /** Those whose last event has not arrived. */
  readonly #completions = new Map<number, AsyncQueue<CompletionEvent>>();
  /** What the child may ask for, by request. */
  readonly #sources = new Map<number, MediaSource>();
  readonly #answers = new Map<number, Deferred<Answer>>();
  readonly #texts = new ReadTexts();
  #facts: RunnerFacts | undefined;
  #watcher: LoadWatcher | undefined;
  #nextId = 1;
  #isStopping = false;
  readonly #ended = createDeferred<RunnerExit>();
  #exit: RunnerExit | undefined;
  readonly #surroundings: ChildSurroundings;
  readonly #watchdog: Watchdog;
  /** Requests whose last frame has not arrived, including canceled ones, because the child answers those too. */
  readonly #open = new Set<number>();
  #steps = 0;
  #hung = false;
  /** Whether the process was stopped when it seemed to hang. */
  #wasStopped = false;
  /** Whether the child sent something that is not a frame, and was killed for it. */
  #isBroken = false;

  constructor(child: ChildProcess, pipe: Socket, log: EngineLog, surroundings: ChildSurroundings) {
    this.#child = child;
    this.#pipe = pipe;
    this.#log = log;
    this.#surroundings = surroundings;
    const { hangTimeoutMs: timeoutMs, clock } = surroundings;
    this.#watchdog = new Watchdog({ timeoutMs, clock, onHang: () => this.#onHang() });
    this.pid = child.pid ?? 0;
    const decoder = new FrameDecoder();
    pipe.on('data', (chunk: Buffer) => this.#receive(decoder, chunk));
    // The exit that follows reports a broken pipe.
    pipe.on('error', () => undefined);
    this.exited = this.#ended.promise;
    child.once('close', (code, signal) => this.#conclude(code, signal));
    child.once('error', () => this.declareGone());
    // The streams may stay open if another process has inherited them.
    child.once('exit', (code, signal) => setTimeout(() => this.#conclude(code, signal), STREAMS_MS).unref());
  }

  /** Must be called when the process is found to have exited although no exit was reported. */
  declareGone(): void {
    this.#conclude(null, null);
  }

  get facts(): RunnerFacts {
    if (!this.#facts) throw new OllamaError('runner-failed', 'the model is not loaded yet');
    return this.#facts;
  }

  watchLoad(watcher: LoadWatcher): void {
    this.#watcher = watcher;
  }

  async *complete(
    { mediaData, endThinking, ...request }: RunnerRequest<CompletionPrompt>,
    signal?: AbortSignal,
  ): AsyncGenerator<CompletionEvent> {
    this.#requireAlive();
    if (signal?.aborted) throw new OllamaError('canceled', 'request canceled');
    const id = this.#nextId++;
    const queue = new AsyncQueue<CompletionEvent>(mergedTexts);
    const onAbort = () => queue.fail(new OllamaError('canceled', 'request canceled'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#completions.set(id, queue);
    if (mediaData) this.#sources.set(id, mediaData);
    const known = this.#texts.tokenized(request);
    this.send({ type: 'complete', id, request: known ?? request });
    const onAnswer = () => this.send({ type: 'end-thinking', id });
    if (endThinking?.aborted) onAnswer();
    else endThinking?.addEventListener('abort', onAnswer, { once: true });
    try {
      if (known) yield { type: 'tokenized', tokens: known.prompt };
      else if ('text' in request.prompt)
        yield* this.#texts.readPrompt(request.prompt, queue, request.cacheSalt);
      yield* queue;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      endThinking?.removeEventListener('abort', onAnswer);
      this.#sources.delete(id);
      // Still listed = not answered: the reader left or aborted, so the slot must be freed.
      if (this.#completions.delete(id)) this.send({ type: 'cancel', id });
    }
  }

  async embed(
    inputs: readonly (readonly number[])[],
    signal?: AbortSignal,
    media?: EmbeddedMedia,
  ): Promise<Float32Array[]> {
    const frame = { type: 'embed', inputs, ...(media && { media: media.spans }) } as const;
    return (await this.#ask((id) => ({ ...frame, id }), signal, media?.data)) as Float32Array[];
  }

  async tokenize(text: string, options: TextOptions, signal?: AbortSignal): Promise<number[]> {
    this.#requireAlive();
    throwIfCanceled(signal);
    return this.#texts.tokenize(text, options, async (unread) => {
      const answer = await this.#ask((id) => ({ type: 'tokenize', id, ...unread }), signal);
      return answer as TokenizedText;
    });
  }

  async pieces(tokens: readonly number[]): Promise<Uint8Array[]> {
    return (await this.#ask((id) => ({ type: 'pieces', id, tokens }))) as Uint8Array[];
  }

  async detokenize(tokens: readonly number[], skipSpecial = false): Promise<string> {
    return (await this.#ask((id) => ({ type: 'detokenize', id, tokens, skipSpecial }))) as string;
  }

  watchSteps(isWatched: boolean): void {
    this.send({ type: 'watch', isWatched });
  }

  reportHeld(): void {
    this.send({ type: 'report-held' });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.send({ type: 'stop', saveMs: SAVE_MS });
    await stopProcess(this.#child, this.exited);
  }

  /** Kills the process immediately. */
  async kill(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  send(frame: ParentFrame): void {
    if (!this.#exit && this.#pipe.writable) this.#pipe.write(encodeFrame(frame));
    if (isRequest(frame)) this.#open.add(frame.id);
    this.#watch();
    if (frame.type === 'load') this.#log.followLoad(frame.loadedMarker, () => this.#markerSeen.resolve());
  }

  /** The facts are complete only when all log lines of the load have been read. */
  #markerSeen = createDeferred<void>();

  async #onReady(facts: RunnerFacts): Promise<void> {
    await this.#markerSeen.promise;
    // Buffers that are reported from now on take the place of others.
    this.#log.buffers.ignore();
    this.#facts = withMemory(facts, this.#log.buffers);
    this.#watcher?.ready(this.#facts);
  }

  /** As with the facts, waits for the log, which gives the reason. */
  async #onLoadFailed(message: string): Promise<void> {
    await this.#markerSeen.promise;
    this.#watcher?.failed(loadFailure(this.#failureFacts(message)));
  }

  async #ask(
    frameFor: (id: number) => ParentFrame,
    signal?: AbortSignal,
    source?: MediaSource,
  ): Promise<Answer> {
    this.#requireAlive();
    throwIfCanceled(signal);
    const id = this.#nextId++;
    const answer = createDeferred<Answer>();
    const onAbort = () => answer.reject(new OllamaError('canceled', 'request canceled'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#answers.set(id, answer);
    if (source) this.#sources.set(id, source);
    try {
      this.send(frameFor(id));
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#sources.delete(id);
      // Still listed = not answered: nothing waits for the answer any more.
      if (this.#answers.delete(id)) this.send({ type: 'cancel', id });
    }
  }

  #requireAlive(): void {
    if (this.#exit || this.#hung) throw this.#deathError();
    if (this.#isStopping) throw unloadFailure();
  }

  #receive(decoder: FrameDecoder, chunk: Buffer): void {
    try {
      for (const frame of decoder.push(chunk)) this.#dispatch(frame as ChildFrame);
    } catch {
      // A child that sends anything but frames is unusable. Its exit fails the running requests.
      this.#isBroken = true;
      this.#child.kill('SIGKILL');
    }
  }

  /** Any answer and any computed step is a sign of life, but the mere fact that the event loop runs is not. */
  #noteProgress(frame: ChildFrame): void {
    const isSameCount = frame.type === 'alive' && frame.steps === this.#steps;
    const isReport = isCount(frame) || isSameCount;
    if (!isReport) this.#watchdog.progress();
    if (frame.type === 'alive') this.#steps = frame.steps;
    if (isLastFrame(frame)) this.#open.delete(frame.id);
    this.#watch();
  }

  #watch(): void {
    this.#watchdog.setBusy(this.#open.size > 0 && !this.#exit && !this.#hung);
  }

  #onHang(): void {
    this.#hung = true;
    const { logger, hangTimeoutMs } = this.#surroundings;
    logger.error('model runner made no progress; terminating it', {
      pid: this.pid,
      milliseconds: hangTimeoutMs,
    });
    void this.#endHung();
  }

  async #endHung(): Promise<void> {
    this.#wasStopped = await isStopped(this.pid).catch(() => false);
    await terminateProcess(this.#child, this.exited);
  }

  #dispatch(frame: ChildFrame): void {
    this.#noteProgress(frame);
    switch (frame.type) {
      case 'load-progress':
        this.#watcher?.progress(frame.fraction);
        break;
      case 'ready':
        void this.#onReady(frame.facts);
        break;
      case 'load-failed':
        void this.#onLoadFailed(frame.message);
        break;
      case 'figures':
      case 'steps':
      case 'held':
        passOn(frame, this.#surroundings);
        break;
      case 'event':
        this.#onEvent(frame.id, frame.event);
        break;
      case 'media-wanted':
        void this.#sendMedia(frame.id, frame.digest);
        break;
      case 'embeddings':
        this.#settle(frame.id, (answer) => answer.resolve(frame.vectors.map(decodeFloats)));
        break;
      case 'tokens':
        this.#settle(frame.id, (answer) => answer.resolve(frame));
        break;
      case 'pieces':
        this.#settle(frame.id, (answer) => answer.resolve(frame.pieces.map(decodeBytes)));
        break;
      case 'text':
        this.#settle(frame.id, (answer) => answer.resolve(frame.text));
        break;
      case 'failed':
        this.#onFailure(frame.id, requestFailure(frame));
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

  async #sendMedia(id: number, digest: string): Promise<void> {
    try {
      const send = (data: string) => this.send({ type: 'media', id, digest, data });
      const isWanted = () => this.#completions.has(id) || this.#answers.has(id);
      await this.#watchdog.excuse(answerMedia(digest, this.#sources.get(id), send, isWanted));
    } catch (error) {
      // The request ends with this error, and its end cancels the child's part of it.
      this.#completions.get(id)?.fail(error);
      this.#answers.get(id)?.reject(error);
    }
  }

  #onFailure(id: number, error: OllamaError): void {
    this.#completions.get(id)?.fail(error);
    this.#completions.delete(id);
    this.#settle(id, (answer) => answer.reject(error));
  }

  #settle(id: number, settle: (answer: Deferred<Answer>) => void): void {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answer) settle(answer);
  }

  #conclude(code: number | null, signal: string | null): void {
    if (this.#exit) return;
    this.#exit = { code, signal, expected: this.#isStopping, lastLines: this.#log.failures };
    this.#watch();
    this.#watcher?.failed(loadFailure(this.#failureFacts(this.#exitText())));
    this.#ended.resolve(this.#exit);
    // The owner of this runner is notified of the exit first, so that no further request is sent here.
    setImmediate(() => this.#failAll());
  }

  #failAll(): void {
    const requests = this.#completions.size + this.#answers.size;
    for (const [id, queue] of this.#completions) queue.fail(this.#deathErrorOf(id, requests));
    for (const [id, answer] of this.#answers) answer.reject(this.#deathErrorOf(id, requests));
    this.#completions.clear();
    this.#answers.clear();
    this.#open.clear();
  }

  #exitText(): string {
    if (this.#isBroken) return 'the model runner process sent malformed data and was killed';
    return `the model runner process has terminated: ${exitText(this.#exit ?? { code: null, signal: null })}`;
  }

  /** @param requests number of requests that the process was serving */
  #deathErrorOf(id: number, requests: number): OllamaError {
    const error = this.#deathError();
    if (this.#isStopping) return error;
    if (this.#log.overrunRequest === id) return new SuspectError(overrunFailure(), 1);
    if (this.#log.overrunRequest !== undefined || this.#wasStopped || !this.#exit) return error;
    const suspicion = this.#hung ? suspicionOfHang(requests) : suspicionOfExit(this.#exit, requests);
    return suspicion > 0 ? new SuspectError(error, suspicion) : error;
  }

  #deathError(): OllamaError {
    if (this.#isStopping) return unloadFailure();
    if (this.#log.overrunRequest !== undefined) return neighborFailure();
    if (this.#hung) return hangFailure(this.#surroundings.hangTimeoutMs);
    return crashFailure(this.#failureFacts(this.#exitText()));
  }

  #failureFacts(reason: string): FailureFacts {
    return {
      reason,
      exit: this.#isStopping || this.#isBroken ? undefined : this.#exit,
      lastLines: this.#log.failures,
      takenBytes: this.#log.buffers.memory().totalBytes,
      refusedBytes: this.#log.refusedBytes,
      availableBytes: this.#surroundings.availableMemoryBytes?.(),
    };
  }
}
