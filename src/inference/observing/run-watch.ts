import { performance } from 'node:perf_hooks';
import { isCancellation, messageOf, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { CompletionTimings } from '../../protocol/completion.ts';
import type { RunContent } from '../../runs/run-content.ts';
import type { RunFollower } from '../../runs/run-follower.ts';
import type {
  Period,
  RemoteCall,
  RunAsked,
  RunKind,
  RunObserver,
  RunOutcome,
  RunRecord,
  RunTimes,
  RunTokens,
} from '../../runs/run-record.ts';
import type { Caller } from '../caller.ts';
import type { OutputPart } from '../completion/completion-reader.ts';
import { ContentKeeper } from './content-keeper.ts';

/** Who is told of the runs, and where a failure of theirs is logged. */
export interface Observing {
  readonly observers?: readonly RunObserver[];
  /** Is told of the runs while they proceed; absent = nobody is. */
  readonly follower?: RunFollower;
  readonly logger: Logger;
}

export interface RunStart {
  readonly kind: RunKind;
  readonly caller: Caller;
  /** `performance.now()`; absent = now. */
  readonly started?: number;
  /** What is asked, for observers that want it; absent = they do not get it. */
  readonly request?: RunContent['request'];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** From here on, a status says that the server was at fault. */
const FIRST_SERVER_STATUS = 500;

/** Notes what happens to one run, and tells the observers once when it has ended. */
export class RunWatch {
  readonly #start: RunStart;
  readonly #observing: Observing;
  readonly #times: Mutable<Omit<RunTimes, 'ended'>>;
  readonly #tokens: Mutable<RunTokens> = { prompt: 0, cached: 0, thinking: 0, output: 0 };
  #drafts = { drafted: 0, accepted: 0 };
  readonly #loads: Period[] = [];
  readonly #remoteCalls: RemoteCall[] = [];
  #calls = 0;
  #asked: RunAsked = {};
  #model: string | undefined;
  #prefillMs = 0;
  #decodeMs = 0;
  #outcome: RunOutcome | undefined;
  #hasEnded = false;
  #number: number | undefined;
  readonly #content: ContentKeeper | undefined;

  constructor(start: RunStart, observing: Observing) {
    this.#start = start;
    this.#observing = observing;
    const isWanted = observing.observers?.some(({ wantsContent }) => wantsContent) ?? false;
    this.#content = start.request && isWanted ? new ContentKeeper(start.request) : undefined;
    this.#times = { started: start.started ?? performance.now() };
  }

  /** @param name as `ollama list` shows the model */
  found(name: string): void {
    this.#model = name;
  }

  asked(asked: RunAsked): void {
    this.#asked = asked;
  }

  queued(): void {
    this.#times.queued ??= performance.now();
    const { caller, kind } = this.#start;
    this.#number ??= this.#observing.follower?.began({
      requestId: caller.requestId ?? '',
      kind,
      model: this.#model ?? '',
      ...(caller.key !== undefined && { keyId: caller.key.id, keyName: caller.key.name }),
    });
  }

  /** By which the follower knows the run; undefined before it asks for its model. */
  get number(): number | undefined {
    return this.#number;
  }

  /** @param load when the model was being loaded during the wait, if it was */
  granted(load: Period | undefined): void {
    this.#times.granted = performance.now();
    if (load) this.#loads.push(load);
  }

  /** An upstream was asked. */
  called(call: RemoteCall): void {
    this.#remoteCalls.push(call);
  }

  /** The request is answered elsewhere, by a run of its own that is told of. */
  moved(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#number !== undefined) this.#observing.follower?.ended(this.#number);
  }

  /** The number of tokens in the prompt is known. */
  prompted(tokens: number): void {
    this.#tokens.prompt = tokens;
  }

  /** Number of tokens that the run has read and written so far. */
  get usedTokens(): number {
    return this.#tokens.prompt + this.#tokens.output;
  }

  /** Text came. @param count pieces of it, each of one token or more */
  text(count = 1): void {
    this.#tokens.output += count;
    if (this.#times.firstToken !== undefined) return;
    const now = performance.now();
    this.#times.firstToken = now;
    if (this.#number !== undefined)
      this.#observing.follower?.firstToken(this.#number, now - this.#times.started);
  }

  /** A part of the answer has been read from the text. */
  said(part: OutputPart): void {
    this.#calls += part.calls.length;
    this.#content?.keep(part);
  }

  /** The completion has ended, and its engine tells what it took. */
  completed(outcome: 'stop' | 'length', timings: CompletionTimings): void {
    const { promptTokens, cachedTokens, completionTokens, thinkingTokens } = timings;
    this.#times.lastToken = performance.now();
    this.#times.firstToken ??= this.#times.lastToken;
    const tokens = { cached: cachedTokens, thinking: thinkingTokens, output: completionTokens };
    Object.assign(this.#tokens, { prompt: promptTokens, ...tokens });
    this.#drafts = { drafted: timings.draftedTokens, accepted: timings.acceptedTokens };
    this.#prefillMs = timings.promptNanoseconds / 1e6;
    this.#decodeMs = timings.completionNanoseconds / 1e6;
    this.#outcome = outcome;
  }

  /** The run has reached its end without a completion. @param tokens of the prompt, if any were computed */
  done(outcome: Extract<RunOutcome, 'load' | 'unload' | 'done'>, tokens?: number): void {
    this.#outcome = outcome;
    if (tokens === undefined) return;
    this.#tokens.prompt = tokens;
    this.#times.firstToken = performance.now();
  }

  /** Call it with whatever the run threw. */
  failed(error: unknown): void {
    if (isCancellation(error)) {
      this.#end('canceled');
      return;
    }
    const known = error instanceof OllamaError ? error : new OllamaError('internal', messageOf(error));
    this.#end(known.status >= FIRST_SERVER_STATUS ? 'failed' : 'refused', known);
  }

  /** Call it last, in any case: a run whose reader left without an error was canceled. */
  end(): void {
    this.#end(this.#outcome ?? 'canceled');
  }

  #end(outcome: RunOutcome, error?: OllamaError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#number !== undefined) this.#observing.follower?.ended(this.#number);
    const { caller, kind } = this.#start;
    const record: RunRecord = {
      requestId: caller.requestId ?? '',
      kind,
      ...(this.#model !== undefined && { model: this.#model }),
      ...(caller.key !== undefined && { keyId: caller.key.id, keyName: caller.key.name }),
      client: caller.client ?? '',
      priority: caller.priority ?? 0,
      ...(caller.choice !== undefined && { choice: caller.choice }),
      asked: this.#asked,
      times: { ...this.#times, ended: performance.now() },
      loads: this.#loads,
      loadMs: this.#loads.reduce((sum, { from, to }) => sum + to - from, 0),
      prefillMs: this.#prefillMs,
      decodeMs: this.#decodeMs,
      tokens: this.#tokens,
      drafts: this.#drafts,
      calls: this.#calls,
      outcome,
      ...(error && { error }),
      ...(this.#remoteCalls.length > 0 && { remoteCalls: this.#remoteCalls }),
      ...(caller.origin && { origin: caller.origin }),
      ...(this.#content && { content: this.#content.content() }),
    };
    for (const observer of this.#observing.observers ?? []) this.#tell(observer, record);
  }

  /** A run does not fail because nobody could count it. */
  #tell(observer: RunObserver, record: RunRecord): void {
    try {
      observer.ended(record);
    } catch (error) {
      const fields = { requestId: record.requestId, error: messageOf(error) };
      this.#observing.logger.error('a finished run could not be noted', fields);
    }
  }
}
