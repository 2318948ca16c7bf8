import { LruCache } from '../base/lru-cache.ts';
import type { CompletionPrompt, CompletionRequest, PromptText } from '../protocol/completion.ts';
import { tokenizedRequest } from '../protocol/tokenized-request.ts';
import type { TextOptions } from './runner.ts';

/** Prompts that come again soon: another answer is wanted, or several. */
const MAX_TEXTS = 64;
/** With the maximum number of texts, at most a few megabytes; a longer text takes long to compute anyway. */
const MAX_CHARACTERS = 8192;

/** Remembers the tokens of short texts, so that the same text again does not have to be sent to the child and back. */
export class RepeatedTexts {
  readonly #texts = new LruCache<string, readonly number[]>(MAX_TEXTS);

  /** @returns undefined for a text that was not tokenized recently in this way */
  find(text: string, options: TextOptions): number[] | undefined {
    if (text.length > MAX_CHARACTERS) return undefined;
    const tokens = this.#texts.get(keyOf(text, options));
    return tokens && [...tokens];
  }

  add(text: string, options: TextOptions, tokens: readonly number[]): void {
    if (text.length <= MAX_CHARACTERS) this.#texts.set(keyOf(text, options), [...tokens]);
  }

  /** @returns the request with the tokens of its prompt; undefined if they are not known, or too many, or given already */
  tokenized({ prompt, ...request }: CompletionRequest<CompletionPrompt>): CompletionRequest | undefined {
    if (!('text' in prompt)) return undefined;
    const tokens = this.find(prompt.text, readingOf(prompt, request.cacheSalt));
    const fits = tokens !== undefined && tokens.length < prompt.contextLength;
    return fits ? tokenizedRequest({ ...request, prompt }, tokens) : undefined;
  }

  addPrompt(prompt: PromptText, tokens: readonly number[], salt?: string): void {
    this.add(prompt.text, readingOf(prompt, salt), tokens);
  }
}

function readingOf({ addSpecial }: PromptText, salt: string | undefined): TextOptions {
  return { addSpecial, parseSpecial: true, salt };
}

function keyOf(text: string, { addSpecial, parseSpecial, salt = '' }: TextOptions): string {
  return `${addSpecial ? 1 : 0}${parseSpecial ? 1 : 0}${salt.length} ${salt}${text}`;
}
