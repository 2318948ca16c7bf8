import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { CHARACTERS_PER_MEDIA_TOKEN, fitMessages, type PromptSize } from '../../chat/context-budget.ts';
import { cutPrompt } from '../../chat/cut-prompt.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { type Medium, mediaOf, withoutBytes } from '../media/medium.ts';
import type { RequestMedia } from '../media/request-media.ts';
import type { TextRunner } from '../text-runner.ts';
import { cutAtMark, withMark } from './begun-answer.ts';
import { insertPrompt } from './insert-prompt.ts';
import type { ModelFormat } from './model-formats.ts';
import {
  mostTokens,
  type Prompt,
  type PromptLimits,
  promptTooLong,
  type ReadText,
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
  /** Whether the prompt ends where the last message, an answer, goes on. */
  readonly isContinued?: boolean;
}

interface Candidate extends PromptSize {
  readonly text: string;
  readonly prompt: ReadText;
  readonly mediaCount?: number;
}

/** Builds a prompt for one runner. */
export class PromptBuilder {
  readonly #runner: TextRunner;
  readonly #limits: PromptLimits;
  readonly #prepared: RequestMedia;

  /** @param parts `prepared` = the media of the request */
  constructor(parts: { runner: TextRunner; limits: PromptLimits; prepared: RequestMedia }) {
    this.#runner = parts.runner;
    this.#limits = parts.limits;
    this.#prepared = parts.prepared;
  }

  /**
   * @param media what the marks in the text stand for; without any mark, they come first
   * @throws OllamaError `prompt-too-long` when it does not fit and may not be shortened
   */
  async fromText(text: string, media: readonly Medium[] = []): Promise<Prompt> {
    const marks = media.map((_, index) => `[img-${index}]`);
    const isMarked = marks.some((mark) => text.includes(mark));
    return this.#finish(await this.#tokenize((isMarked ? '' : marks.join('')) + text, { media }), [], 0);
  }

  /**
   * Takes tokens as they are.
   * @throws OllamaError `prompt-too-long` when they do not fit and may not be shortened, `invalid-request` for a token
   * that is not in the vocabulary
   */
  async fromTokens(tokens: readonly number[]): Promise<Prompt> {
    // The text of more tokens than fit would take long, and is not needed.
    const text = tokens.length < this.#limits.contextLength ? await this.#runner.detokenize(tokens) : '';
    return this.#finish({ text, prompt: { content: [...tokens], characters: text.length } }, [], 0);
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
    const build = async (messages: Message[]) =>
      this.#tokenize(await this.#render(input, messages), { context, media: mediaOf(messages) });
    if (!this.#limits.truncate) return this.#finish(await build([...input.messages]), context, 0);
    // One token must remain for the answer.
    const maxTokens = this.#limits.contextLength - context.length - 1;
    const fitted = await fitMessages(input.messages, build, maxTokens);
    return this.#finish(fitted.prompt, context, fitted.dropped);
  }

  async #render(
    { format, tools, think, context, templateArguments, isContinued: goesOn = false }: ChatPromptInput,
    messages: readonly Message[],
  ): Promise<string> {
    const { bosText, eosText } = this.#runner.facts;
    const marked = goesOn ? withMark(messages) : undefined;
    const rendered = await format.render({
      messages: withoutBytes(marked?.messages ?? messages),
      tools,
      think,
      bosToken: bosText,
      eosToken: eosText,
      ...(templateArguments && { templateArguments }),
    });
    const text = marked ? cutAtMark(rendered, marked.mark) : rendered;
    const isContinued = context !== undefined && bosText !== '' && text.startsWith(bosText);
    return isContinued ? text.slice(bosText.length) : text;
  }

  async #tokenize(
    text: string,
    { context = [], media }: { context?: readonly number[]; media: readonly Medium[] },
  ): Promise<Candidate> {
    // The tokens go behind those of the context.
    const limits = context.length > 0 ? { ...this.#limits, isSent: false } : this.#limits;
    const prompt = await tokenizePrompt(this.#runner, text, {
      limits,
      addSpecial: context.length === 0,
      illustrated: { media, prepared: this.#prepared },
    });
    const { content } = prompt;
    const rows = prompt.rows ?? mediaTokens(prompt.media);
    const characters = text.length + rows * CHARACTERS_PER_MEDIA_TOKEN;
    return { text, prompt, characters, tokens: content && mostTokens(content), mediaCount: media.length };
  }

  #finish(
    { text, prompt, mediaCount = 0 }: Pick<Candidate, 'text' | 'prompt' | 'mediaCount'>,
    context: readonly number[],
    droppedMessages: number,
  ): Prompt {
    const { contextLength, truncate, shift } = this.#limits;
    const { content } = prompt;
    if (!content) throw promptTooLong(unreadSize(prompt), contextLength);
    if ('text' in content) return { text, content, droppedMessages, removedTokens: 0 };
    if (content.length === 0) throw new OllamaError('invalid-request', 'the prompt has no tokens');
    const tokens = context.length > 0 ? [...context, ...content] : content;
    const media = (prompt.media ?? []).map((span) => ({ ...span, start: span.start + context.length }));
    const whole = { text, ...mediaField(media), ...(mediaCount > 0 && { mediaCount }), droppedMessages };
    if (tokens.length < contextLength) return { ...whole, content: tokens, removedTokens: 0 };
    if (!truncate || !shift) throw promptTooLong(sizeOf(tokens, media), contextLength);
    const cut = cutPrompt({ tokens, media }, contextLength, this.#keep(tokens.length));
    // An answer about a picture that the model has not been shown would be a lie.
    if (cut.media.length === 0 && media.length > 0) throw promptTooLong(sizeOf(tokens, media), contextLength);
    const left = media.length > 0 ? { media: cut.media } : {};
    return { ...whole, content: cut.tokens, ...left, removedTokens: cut.removed };
  }

  #keep(promptLength: number): number {
    const { keep } = this.#limits;
    return keep < 0 ? promptLength : keep + (this.#runner.facts.addsBos ? 1 : 0);
  }
}

function mediaField(media: readonly MediaSpan[]): Pick<Prompt, 'media'> {
  return media.length > 0 ? { media } : {};
}

function unreadSize({ characters, rows }: ReadText): string {
  if (rows === undefined) return `it has ${characters} characters`;
  return `its pictures and sounds alone have at least ${rows} tokens, so send fewer or smaller ones`;
}

function sizeOf(tokens: readonly number[], media: readonly MediaSpan[]): string {
  const ofMedia = mediaTokens(media);
  const part = ofMedia > 0 ? `, ${ofMedia} of them for its pictures and sounds` : '';
  return `it has ${tokens.length} tokens${part}`;
}

function mediaTokens(media: readonly MediaSpan[] = []): number {
  return media.reduce((sum, { tokens }) => sum + tokens, 0);
}
