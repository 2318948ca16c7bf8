import { OllamaError } from '../../base/errors.ts';
import type { EmbeddingFacts, RerankFormat } from '../../protocol/load.ts';
import { MAX_CHARACTERS_PER_TOKEN } from '../completion/prompt-tokens.ts';
import type { TextRunner } from '../text-runner.ts';
import { tooLong } from './fit-input.ts';

const placeholder = /\{(query|document)\}/g;

/** Joins one query with each document into an input for a reranker. */
export class RerankInputs {
  readonly #runner: TextRunner;
  readonly #format: RerankFormat;
  readonly #longest: number;
  readonly #query: string;
  readonly #truncate: boolean;
  #queryTokens: Promise<readonly number[]> | undefined;

  constructor(
    runner: TextRunner,
    facts: EmbeddingFacts & { readonly rerank: RerankFormat },
    { query, truncate }: { readonly query: string; readonly truncate: boolean },
  ) {
    this.#runner = runner;
    this.#format = facts.rerank;
    this.#longest = facts.maxInputTokens;
    this.#query = query;
    this.#truncate = truncate;
  }

  /**
   * Tokenizes one document with the query. A document that is too long is cut at its end.
   * @throws OllamaError `prompt-too-long` when cutting is not allowed or the query alone fills the context
   */
  async tokenize(text: string, index: number): Promise<readonly number[]> {
    // Text beyond this cannot fit, and tokenizing it would stall the other requests of the runner.
    const document = text.slice(0, this.#longest * MAX_CHARACTERS_PER_TOKEN);
    const content = await this.#tokens(document);
    const whole = await this.#join(document, content);
    if (whole.length === 0) throw new OllamaError('invalid-request', `document ${index} has no tokens`);
    const excess = whole.length - this.#longest;
    if (excess <= 0) return whole;
    if (!this.#truncate || excess >= content.length) throw tooLong();
    const kept = content.slice(0, content.length - excess);
    const cut = await this.#join(await this.#runner.detokenize(kept), kept);
    if (cut.length > this.#longest) throw tooLong();
    return cut;
  }

  async #join(document: string, content: readonly number[]): Promise<readonly number[]> {
    const { template, before, between, after } = this.#format;
    if (template === undefined) {
      this.#queryTokens ??= this.#tokens(this.#query);
      return [...before, ...(await this.#queryTokens), ...between, ...content, ...after];
    }
    const values = { query: this.#query, document };
    const text = template.replace(placeholder, (_, name: keyof typeof values) => values[name]);
    return this.#runner.tokenize(text, { addSpecial: false, parseSpecial: true });
  }

  /** Does not parse special tokens: in user text, they could end the document early. */
  #tokens(text: string): Promise<number[]> {
    return this.#runner.tokenize(text, { addSpecial: false, parseSpecial: false });
  }
}
