import { OllamaError } from '../../base/errors.ts';

/** @throws OllamaError for a prompt without tokens, or one that leaves no room for an answer */
export function requireRoom(prompt: readonly number[], contextLength: number): void {
  if (prompt.length === 0) throw new OllamaError('invalid-request', 'the prompt is empty');
  if (prompt.length < contextLength) return;
  throw new OllamaError(
    'prompt-too-long',
    `the prompt has ${prompt.length} tokens, but the context has room for ${contextLength}: shorten the prompt or raise "num_ctx"`,
  );
}
