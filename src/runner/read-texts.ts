import type {
  CompletionEvent,
  CompletionPrompt,
  CompletionRequest,
  PromptText,
} from '../protocol/completion.ts';
import type { TokenizeOptions } from '../protocol/frames.ts';
import type { TokenizedText } from '../protocol/tokens.ts';
import { KnownTexts } from './known-texts.ts';
import { RepeatedTexts } from './repeated-texts.ts';
import type { TextOptions } from './runner.ts';

/** What the child is asked to tokenize. */
export type UnreadText = TokenizeOptions & { readonly text: string };

/** What is known of the tokens of texts, for each salt by itself, so that the child is asked for as few as possible. */
export class ReadTexts {
  readonly #long = new KnownTexts();
  readonly #repeated = new RepeatedTexts();

  /** @param ask gets the tokens of what is not known */
  async tokenize(
    text: string,
    options: TextOptions,
    ask: (unread: UnreadText) => Promise<TokenizedText>,
  ): Promise<number[]> {
    const known = this.#repeated.find(text, options);
    if (known) return known;
    const start = this.#long.find(text, options);
    const rest = await ask({
      text: text.slice(start.characters),
      parseSpecial: options.parseSpecial,
      addSpecial: options.addSpecial && start.characters === 0,
    });
    const tokens = this.#long.join(text, options, start, rest);
    this.#repeated.add(text, options, tokens);
    return tokens;
  }

  /** @returns the request with the tokens of its prompt; undefined if they are not known, or too many, or given already */
  tokenized(request: CompletionRequest<CompletionPrompt>): CompletionRequest | undefined {
    return this.#repeated.tokenized(request);
  }

  /**
   * The first event of a completion, which reports the tokens of its prompt.
   * @param salt of the request that the prompt belongs to
   */
  async *readPrompt(
    prompt: PromptText,
    events: AsyncIterable<CompletionEvent>,
    salt: string | undefined,
  ): AsyncGenerator<CompletionEvent> {
    for await (const event of events) {
      if (event.type === 'tokenized') this.#repeated.addPrompt(prompt, event.tokens, salt);
      yield event;
      return;
    }
  }
}
