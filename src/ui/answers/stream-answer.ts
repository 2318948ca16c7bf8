import type { ChatRequest, ChatResponse } from '../../api/chat.ts';
import { streamJson } from '../api/streams.ts';

/** What `POST /api/chat` is asked, without the fields that never travel. */
export type AnswerRequest = Omit<ChatRequest, 'thinkField' | 'formatField' | 'areToolsOptional'> & {
  readonly model: string;
};

interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly onHeaders?: (headers: Headers) => void;
}

/**
 * Asks a model for an answer and yields its chunks, the last one with `done`.
 * @throws ApiError; DOMException `AbortError`
 */
export function streamAnswer(
  request: AnswerRequest,
  { signal, onHeaders }: AnswerOptions,
): AsyncGenerator<ChatResponse> {
  const body = { ...request, stream: true, return_progress: true, verbose_metrics: true };
  return streamJson<ChatResponse>('/api/chat', { body, signal, ...(onHeaders && { onHeaders }) });
}
