import type { Message } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { LruCache } from '../../base/lru-cache.ts';
import type { AnswerGrammar } from '../../chat/answer/answer-grammar.ts';
import type { FormatReader, PromptInput } from '../../chat/format/chat-format.ts';
import { formatReader } from '../../chat/format/format-reader.ts';
import type { FormatFacts, FormatSource } from '../../chat/format/format-source.ts';
import { withoutOldThinking } from '../../chat/old-thinking.ts';
import type { ParserInput } from '../../chat/output/output-parser.ts';
import { standardShape } from '../../chat/shape/message-shape.ts';
import type { AnswerDemand, ChatTaskInput } from '../../chat/work/chat-tasks.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';
import type { Model } from '../../models/model.ts';
import { QuickRenders } from './quick-renders.ts';

/** The facts of a template take about a hundred bytes beside its text. */
const MAX_TEMPLATES = 64;
/** Longer than any tag that opens the thinking. */
const PROMPT_END_CHARACTERS = 4096;

/** How one request writes the prompt of a model and reads its completion. Templates run in a worker. */
export interface ModelFormat extends FormatReader {
  /** Why the model's template cannot be used; absent if it can. */
  readonly failure?: string;
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
  readonly #logger: Logger;
  readonly #facts = new LruCache<string, FormatFacts>(MAX_TEMPLATES);
  readonly #quick = new QuickRenders();

  constructor(work: ChatWork, logger: Logger) {
    this.#work = work;
    this.#logger = logger;
  }

  /**
   * @param wanted `template` = one from the request, used instead of the model's; `hasTools` = whether the model is offered any
   * @throws OllamaError `invalid-request` when the request's template is broken, `internal` for an unknown renderer
   */
  async of(model: Model, wanted: WantedFormat, order: WorkOrder): Promise<ModelFormat> {
    const format = formatSource(model, wanted);
    const facts = await this.#factsOf(format, order);
    const reader = formatReader(format, facts);
    return {
      ...(facts.failure !== undefined && { failure: facts.failure }),
      read: (input, prompt) => reader.read(input, prompt),
      stop: (messages) => reader.stop(messages),
      render: (prompt) => this.#render({ format, facts, prompt }, order),
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
    const format = formatSource(model, {});
    const { go } = await this.#factsOf(format, order);
    return go?.canInsert ? this.#work('renderInsert', { format, ...texts }, order) : undefined;
  }

  /** The messages of a conversation that the model sees, without earlier thinking if its family requires that. */
  history({ config, name }: Model, messages: readonly Message[]): readonly Message[] {
    return withoutOldThinking(messages, { family: config.model_family, model: name.model });
  }

  async #render(input: ChatTaskInput<'render'>, order: WorkOrder): Promise<string> {
    const quick = this.#quick.tryRender(input);
    if (quick !== undefined) return quick;
    const startedAt = performance.now();
    const text = await this.#work('render', input, order);
    this.#quick.learn(input, performance.now() - startedAt);
    return text;
  }

  /** Asks a worker only once about each model's template, so that the usual request does not wait twice. */
  async #factsOf(format: FormatSource, order: WorkOrder): Promise<FormatFacts> {
    if (format.from === 'request') return this.#work('describe', format, order);
    const key = formatKey(format);
    if (key === undefined) return { shape: standardShape };
    const known = this.#facts.get(key);
    const facts = known ?? (await this.#describe(format, order));
    this.#facts.set(key, facts);
    if (!known && facts.failure !== undefined) {
      const { model } = format;
      this.#logger.warn("the model's template cannot be used; its prompts are written in ChatML", {
        model: model.name,
        reason: facts.failure,
      });
    }
    return facts;
  }

  async #describe(format: FormatSource, order: WorkOrder): Promise<FormatFacts> {
    try {
      return await this.#work('describe', format, order);
    } catch (error) {
      // A template that exceeds the limits of a worker is as broken as one that cannot be parsed.
      const isBroken = error instanceof OllamaError && error.code === 'internal' && usesTemplate(format);
      if (!isBroken) throw error;
      return { shape: standardShape, failure: error.message };
    }
  }
}

interface WantedFormat {
  readonly template?: string | undefined;
  readonly hasTools?: boolean;
}

/** What distinguishes the formats of models; undefined for one without a template. */
function formatKey(format: FormatSource): string | undefined {
  if (format.from === 'request' || format.source.kind === 'plain') return undefined;
  const { source, model } = format;
  if (source.kind === 'renderer') return `RENDERER ${source.renderer} ${model.name} ${model.parameterCount}`;
  return `${source.kind} ${source.text}`;
}

function usesTemplate(format: FormatSource): boolean {
  return format.from === 'model' && (format.source.kind === 'go' || format.source.kind === 'jinja');
}

function formatSource(
  { promptSource, config, name, facts }: Model,
  { template, hasTools = false }: WantedFormat,
): FormatSource {
  if (template) return { from: 'request', text: template, parser: config.parser };
  const model = { name: name.short, parameterCount: facts.parameterCount };
  const isNamed = hasTools && promptSource.kind === 'jinja' && promptSource.toolText !== undefined;
  const source = isNamed ? { ...promptSource, text: promptSource.toolText } : promptSource;
  return { from: 'model', source, model };
}
