import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { cutPrompt, fitMessages, type PromptSize } from '../../chat/context-budget.ts';
import type { TextRunner } from '../text-runner.ts';
import { insertPrompt } from './insert-prompt.ts';
import type { ModelFormat } from './model-formats.ts';
import {
  type Prompt,
  type PromptLimits,
  type PromptTokens,
  promptTooLong,
  tokenizePrompt,
} from './prompt-tokens.ts';

export interface ChatPromptInput {
  readonly format: ModelFormat;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly think: Think | undefined;
  /** Further variables for a Jinja template. */
  readonly templateArguments?: JsonObject;
  /** Tokens of an earlier exchange, placed in front of the prompt. */
  readonly context?: readonly number[];
}

interface Candidate extends PromptSize {
  readonly text: string;
  readonly prompt: PromptTokens;
}

/** Builds a prompt for one runner. */
export class PromptBuilder {
  readonly #runner: TextRunner;
  readonly #limits: PromptLimits;

  constructor(parts: { runner: TextRunner; limits: PromptLimits }) {
    this.#runner = parts.runner;
    this.#limits = parts.limits;
  }

  /** @throws OllamaError `prompt-too-long` when it does not fit and may not be shortened */
  async fromText(text: string): Promise<Prompt> {
    return this.#finish(await this.#tokenize(text, []), [], 0);
  }

  /**
   * Takes tokens as they are.
   * @throws OllamaError `prompt-too-long` when they do not fit and may not be shortened, `invalid-request` for a token
   * that is not in the vocabulary
   */
  async fromTokens(tokens: readonly number[]): Promise<Prompt> {
    // The text of more tokens than fit would take long, and is not needed.
    const text = tokens.length < this.#limits.contextLength ? await this.#runner.detokenize(tokens) : '';
    return this.#finish({ text, prompt: { tokens: [...tokens], characters: text.length } }, [], 0);
  }

  /**
   * Builds a prompt from the two texts around a gap that the model must fill.
   * @throws OllamaError `prompt-too-long` when it does not fit and may not be shortened
   */
  fromInsert(prefix: string, suffix: string): Promise<Prompt> {
    return insertPrompt(this.#runner, this.#limits, { prefix, suffix });
  }

  /**
   * Drops the oldest turns until the prompt fits. If the rest alone is too long, tokens are removed from its middle.
   * @throws OllamaError `prompt-too-long` when it does not fit and may not be shortened; the errors of the template
   */
  async fromMessages(input: ChatPromptInput): Promise<Prompt> {
    const context = input.context ?? [];
    const build = async (messages: Message[]) => this.#tokenize(await this.#render(input, messages), context);
    if (!this.#limits.truncate) return this.#finish(await build([...input.messages]), context, 0);
    // One token must remain for the answer.
    const maxTokens = this.#limits.contextLength - context.length - 1;
    const fitted = await fitMessages(input.messages, build, maxTokens);
    return this.#finish(fitted.prompt, context, fitted.dropped);
  }

  async #render(
    { format, tools, think, context, templateArguments }: ChatPromptInput,
    messages: readonly Message[],
  ): Promise<string> {
    const { bosText, eosText } = this.#runner.facts;
    const text = await format.render({
      messages,
      tools,
      think,
      bosToken: bosText,
      eosToken: eosText,
      ...(templateArguments && { templateArguments }),
    });
    const isContinued = context !== undefined && bosText !== '' && text.startsWith(bosText);
    return isContinued ? text.slice(bosText.length) : text;
  }

  async #tokenize(text: string, context: readonly number[]): Promise<Candidate> {
    const addSpecial = context.length === 0;
    const prompt = await tokenizePrompt(this.#runner, text, { limits: this.#limits, addSpecial });
    return { text, prompt, characters: text.length, tokens: prompt.tokens?.length };
  }

  #finish(
    { text, prompt }: Pick<Candidate, 'text' | 'prompt'>,
    context: readonly number[],
    droppedMessages: number,
  ): Prompt {
    const { contextLength, truncate, shift } = this.#limits;
    if (!prompt.tokens) throw promptTooLong(`it has ${prompt.characters} characters`, contextLength);
    if (prompt.tokens.length === 0) throw new OllamaError('invalid-request', 'the prompt has no tokens');
    const tokens = context.length > 0 ? [...context, ...prompt.tokens] : prompt.tokens;
    if (tokens.length < contextLength) return { text, tokens, droppedMessages, removedTokens: 0 };
    if (!truncate || !shift) throw promptTooLong(`it has ${tokens.length} tokens`, contextLength);
    const cut = cutPrompt(tokens, contextLength, this.#keep(tokens.length));
    return { text, tokens: cut.tokens, droppedMessages, removedTokens: cut.removed };
  }

  #keep(promptLength: number): number {
    const { keep } = this.#limits;
    return keep < 0 ? promptLength : keep + (this.#runner.facts.addsBos ? 1 : 0);
  }
}
