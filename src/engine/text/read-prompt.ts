import { OllamaError } from '../../base/errors.ts';
import type { CompletionRequest, PromptText } from '../../protocol/completion.ts';
import { tokenizedRequest } from '../../protocol/tokenized-request.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * Tokenizes the prompt of a request.
 * @throws OllamaError `invalid-request` for a prompt without tokens, or one that the vocabulary cannot take,
 * `prompt-too-long` for one that does not fit into the context that the request may use
 */
export function readPrompt(
  request: CompletionRequest<PromptText>,
  tokenizer: Pick<Tokenizer, 'tokenize'>,
): CompletionRequest {
  const { text, addSpecial, contextLength } = request.prompt;
  const tokens = tokenizer.tokenize(text, addSpecial, true);
  if (tokens.length === 0) throw new OllamaError('invalid-request', 'the prompt has no tokens');
  if (tokens.length >= contextLength) {
    const message = `the prompt has ${tokens.length} tokens, and the limit is ${contextLength - 1}: shorten the prompt or raise "num_ctx"`;
    throw new OllamaError('prompt-too-long', message);
  }
  return tokenizedRequest(request, tokens);
}
