import { type ErrorCode, messageOf, OllamaError } from '../../base/errors.ts';
import type { ChatFormat } from './chat-format.ts';

/** The same format, but with this code for every error during rendering: the fault of the model or of the request. */
export function blamedFormat(
  code: Extract<ErrorCode, 'internal' | 'invalid-request'>,
  format: ChatFormat,
): ChatFormat {
  return {
    render: (input) => {
      try {
        return format.render(input);
      } catch (error) {
        throw new OllamaError(code, messageOf(error), { cause: error });
      }
    },
    read: (input, prompt) => format.read(input, prompt),
    stop: (messages) => format.stop(messages),
  };
}
