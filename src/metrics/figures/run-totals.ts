import { figureBounds } from '../../protocol/engine-figures.ts';
import { Tally } from '../../protocol/tally.ts';
import type { RunRecord } from '../../runs/run-record.ts';
import { choices, firstTokenSeconds, requestSeconds, requestTokens } from './bounds.ts';

/** vLLM's reasons why a request ended. */
export const finishReasons = ['stop', 'length', 'abort', 'error'] as const;
type FinishReason = (typeof finishReasons)[number];

const MILLISECONDS = 1000;

/** What the runs of one model have in sum. */
export class RunTotals {
  readonly finished: Record<FinishReason, number> = { stop: 0, length: 0, abort: 0, error: 0 };
  /** Requests that were refused because too many waited. */
  turnedAway = 0;
  /** Tokens of the longest prompt with its answer. */
  longest = 0;
  readonly firstTokenSeconds = new Tally(firstTokenSeconds);
  readonly tokenSeconds = new Tally(figureBounds.intervalSeconds);
  readonly wholeSeconds = new Tally(requestSeconds);
  readonly queueSeconds = new Tally(requestSeconds);
  readonly prefillSeconds = new Tally(requestSeconds);
  readonly decodeSeconds = new Tally(requestSeconds);
  readonly inferenceSeconds = new Tally(requestSeconds);
  readonly promptTokens = new Tally(requestTokens);
  readonly computedTokens = new Tally(requestTokens);
  readonly outputTokens = new Tally(requestTokens);
  readonly maxTokens = new Tally(requestTokens);
  readonly choices = new Tally(choices);

  add(record: RunRecord): void {
    if (record.error?.code === 'busy') {
      this.turnedAway++;
      return;
    }
    const reason = finishReasonOf(record);
    if (!reason) return;
    this.finished[reason]++;
    if (reason === 'stop' || reason === 'length') this.#measure(record);
  }

  #measure({ kind, asked, times, tokens, loadMs, prefillMs, decodeMs }: RunRecord): void {
    const { started, queued = started, granted = queued, firstToken, lastToken = times.ended } = times;
    this.wholeSeconds.observe((lastToken - started) / MILLISECONDS);
    this.queueSeconds.observe(Math.max(0, granted - queued - loadMs) / MILLISECONDS);
    if (firstToken !== undefined) this.firstTokenSeconds.observe((firstToken - started) / MILLISECONDS);
    this.promptTokens.observe(tokens.prompt);
    this.computedTokens.observe(tokens.prompt - tokens.cached);
    this.choices.observe(1);
    this.longest = Math.max(this.longest, tokens.prompt + tokens.output);
    if (kind !== 'chat' && kind !== 'generate') return;
    this.prefillSeconds.observe(prefillMs / MILLISECONDS);
    this.decodeSeconds.observe(decodeMs / MILLISECONDS);
    this.inferenceSeconds.observe((prefillMs + decodeMs) / MILLISECONDS);
    this.outputTokens.observe(tokens.output);
    // As in vLLM, an answer of one token counts as 0.
    this.tokenSeconds.observe(tokens.output > 1 ? decodeMs / (tokens.output - 1) / MILLISECONDS : 0);
    if (asked.maxTokens !== undefined) this.maxTokens.observe(asked.maxTokens);
  }
}

/** @returns undefined for a run that computed nothing, or never was a run: nobody's engine finished it */
function finishReasonOf({ kind, outcome }: RunRecord): FinishReason | undefined {
  if (kind === 'tokenize') return undefined;
  switch (outcome) {
    case 'stop':
    case 'length':
      return outcome;
    case 'done':
      // Of chat and generate, it is a prompt that was only rendered.
      return kind === 'embed' || kind === 'rerank' ? 'stop' : undefined;
    case 'canceled':
      return 'abort';
    case 'failed':
      return 'error';
    case 'load':
    case 'unload':
    case 'refused':
      return undefined;
  }
}
