import type { Message } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { LruCache } from '../../base/lru-cache.ts';
import type { AnswerGrammar } from '../../chat/answer/answer-grammar.ts';
import type { FormatReader, PromptInput } from '../../chat/format/chat-format.ts';
import { formatReader } from '../../chat/format/format-reader.ts';
import type { FormatSource, GoTemplateFacts } from '../../chat/format/format-source.ts';
import { withoutOldThinking } from '../../chat/old-thinking.ts';
import type { ParserInput } from '../../chat/output/output-parser.ts';
import type { AnswerDemand } from '../../chat/work/chat-tasks.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';
import type { Model } from '../../models/model.ts';
import { QuickRenders } from './quick-renders.ts';

/** The facts of a template take about a hundred bytes beside its text. */
const MAX_TEMPLATES = 64;
/** Longer than any tag that opens the thinking. */
const PROMPT_END_CHARACTERS = 4096;

/** How one request writes the prompt of a model and reads its completion. Templates run in a worker. */
export interface ModelFormat extends FormatReader {
  /** @throws OllamaError as `PromptWriter.render`, and when the template exceeds its limits */
  render(input: PromptInput): Promise<string>;
  /**
   * @param prompt the rendered prompt
   * @throws OllamaError as `answerGrammar`
   */
  grammar(demand: AnswerDemand, input: ParserInput, prompt: string): Promise<AnswerGrammar>;
}

/** Finds the chat format of each model. */
export class ModelFormats {
  readonly #work: ChatWork;
  readonly #facts = new LruCache<string, GoTemplateFacts>(MAX_TEMPLATES);
  readonly #quick = new QuickRenders();

  constructor(work: ChatWork) {
    this.#work = work;
  }

  /**
   * @param override a template from the request, used instead of the model's format
   * @throws OllamaError `invalid-request` when the override is broken, `internal` when the model's own format is broken
   */
  async of(model: Model, override: string | undefined, order: WorkOrder): Promise<ModelFormat> {
    const format = formatSource(model, override);
    const facts = await this.#factsOf(format, order);
    const reader = formatReader(format, facts);
    return {
      read: (input, prompt) => reader.read(input, prompt),
      stop: (messages) => reader.stop(messages),
      render: (prompt) => this.#render(format, prompt, order),
      grammar: async (demand, input, prompt) => {
        const promptEnd = prompt.trimEnd().slice(-PROMPT_END_CHARACTERS);
        return this.#work('answerGrammar', { demand, reading: { format, facts, input, promptEnd } }, order);
      },
    };
  }

  /** The prompt with which the model's Go template fills a gap between two texts; undefined if it has no place for that. */
  async insertPrompt(
    model: Model,
    texts: { readonly prompt: string; readonly suffix: string; readonly think: Think | undefined },
    order: WorkOrder,
  ): Promise<string | undefined> {
    const format = formatSource(model, undefined);
    const facts = await this.#factsOf(format, order);
    return facts?.canInsert ? this.#work('renderInsert', { format, ...texts }, order) : undefined;
  }

  /** The messages of a conversation that the model sees, without earlier thinking if its family requires that. */
  history({ config, name }: Model, messages: readonly Message[]): readonly Message[] {
    return withoutOldThinking(messages, { family: config.model_family, model: name.model });
  }

  async #render(format: FormatSource, prompt: PromptInput, order: WorkOrder): Promise<string> {
    const quick = this.#quick.tryRender(format, prompt);
    if (quick !== undefined) return quick;
    const startedAt = performance.now();
    const text = await this.#work('render', { format, prompt }, order);
    this.#quick.learn(format, prompt, startedAt);
    return text;
  }

  /** Asks a worker only once about each model's template, so that the usual request does not wait twice. */
  async #factsOf(format: FormatSource, order: WorkOrder): Promise<GoTemplateFacts | undefined> {
    if (format.from === 'request') return this.#work('describe', format, order);
    if (format.source.kind !== 'go') return undefined;
    const { text } = format.source;
    const known = this.#facts.get(text) ?? (await this.#work('describe', format, order));
    if (known) this.#facts.set(text, known);
    return known;
  }
}

function formatSource(
  { promptSource, config, name, facts }: Model,
  override: string | undefined,
): FormatSource {
  if (override) return { from: 'request', text: override, parser: config.parser };
  const model = { name: name.short, parameterCount: facts.parameterCount };
  return { from: 'model', source: promptSource, model };
}
