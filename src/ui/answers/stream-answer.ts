import type { ChatRequest, ChatResponse } from '../../api/chat.ts';
import { streamJson } from '../api/streams.ts';
import { noteSpeed } from '../models/speeds.ts';

/** What `POST /api/chat` is asked, without the fields that never travel. */
export type AnswerRequest = Omit<
  ChatRequest,
  'thinkField' | 'formatField' | 'areToolsOptional' | 'hasCacheMarks'
> & {
  readonly model: string;
};

interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly onHeaders?: (headers: Headers) => void;
}

/**
 * Asks a model for an answer and yields its chunks, the last one with `done`. How fast it was is noted for the list of models.
 * @throws ApiError; DOMException `AbortError`
 */
export async function* streamAnswer(
  request: AnswerRequest,
  { signal, onHeaders }: AnswerOptions,
): AsyncGenerator<ChatResponse> {
  const body = { ...request, stream: true, return_progress: true, verbose_metrics: true };
  const chunks = streamJson<ChatResponse>('/api/chat', { body, signal, ...(onHeaders && { onHeaders }) });
  for await (const chunk of chunks) {
    if (chunk.done) noteSpeed(chunk.model, chunk.eval_count ?? 0, chunk.eval_duration ?? 0);
    yield chunk;
  }
}
