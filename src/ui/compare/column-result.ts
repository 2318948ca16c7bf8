/** What a column has received so far, folded from the chunks of its answer. */
import type { ChatResponse } from '../../api/chat.ts';

export interface ColumnResult {
  readonly state: 'waiting' | 'answering' | 'done' | 'stopped' | 'failed';
  readonly text: string;
  readonly thinking: string;
  /** Tokens of the prompt that are ready, and all of them; while the prompt is computed. */
  readonly prompt?: { readonly ready: number; readonly all: number };
  /** Nanoseconds from the request to the first token. */
  readonly firstToken?: number;
  readonly figures?: ColumnFigures;
  readonly problem?: string;
}

/** What the server measured. */
interface ColumnFigures {
  readonly promptTokens: number;
  readonly tokens: number;
  readonly tokensPerSecond: number | undefined;
  /** Nanoseconds, from the request's arrival to its end. */
  readonly total: number;
  readonly reason: string;
}

export const waitingResult: ColumnResult = { state: 'waiting', text: '', thinking: '' };

/** @param elapsed nanoseconds since the request was sent */
export function withChunk(result: ColumnResult, chunk: ChatResponse, elapsed: number): ColumnResult {
  const { content = '', thinking = '' } = chunk.message ?? {};
  const { prompt_progress: progress } = chunk;
  const hasToken = content !== '' || thinking !== '';
  const firstToken = result.firstToken ?? (hasToken ? elapsed : undefined);
  return {
    ...result,
    state: chunk.done ? 'done' : hasToken ? 'answering' : result.state,
    text: result.text + content,
    thinking: result.thinking + thinking,
    ...(progress && { prompt: { ready: progress.processed, all: progress.total } }),
    ...(firstToken !== undefined && { firstToken }),
    ...(chunk.done && { figures: figuresOf(chunk) }),
  };
}

/** After the last chunk: without one that says so, the answer broke off. */
export function ended(result: ColumnResult): ColumnResult {
  return result.state === 'done' ? result : { ...result, state: 'stopped' };
}

function figuresOf(chunk: ChatResponse): ColumnFigures {
  const { eval_count: tokens = 0, eval_duration: duration = 0, prompt_eval_count: promptTokens = 0 } = chunk;
  return {
    promptTokens,
    tokens,
    tokensPerSecond: duration > 0 ? tokens / (duration / 1e9) : undefined,
    total: chunk.total_duration ?? 0,
    reason: chunk.done_reason ?? '',
  };
}
