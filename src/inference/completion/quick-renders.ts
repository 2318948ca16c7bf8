import { LruCache } from '../../base/lru-cache.ts';
import { KIB, MIB } from '../../base/units.ts';
import type { WorkLimits } from '../../base/work-meter.ts';
import { charactersOf } from '../../chat/context-budget.ts';
import type { PromptInput } from '../../chat/format/chat-format.ts';
import { ChatFormats } from '../../chat/format/chat-formats.ts';
import type { FormatSource } from '../../chat/format/format-source.ts';
import type { ChatTaskInput } from '../../chat/work/chat-tasks.ts';

/** Characters of the messages, and of the template; usual templates render and parse so many in less than a millisecond. */
const SHORT_CHARACTERS = 16 * KIB;
const SHORT_TEMPLATE = 32 * KIB;
/** A worker that was asked answers within this time, unless the template takes long or the machine is busy. */
const QUICK_MS = 20;
/** What a template may cost the other requests at most, when it behaves otherwise than before: 40,000 steps take 10 ms. */
export const QUICK_LIMITS: WorkLimits = { steps: 40_000, bytes: 4 * MIB, milliseconds: 10 };
const MAX_TEMPLATES = 64;

/**
 * Renders short conversations on this thread if the model's template has been quick in a worker, because the way to a worker
 * and back takes longer than most renderings. The limits keep what a template can cost others near that of any request.
 */
export class QuickRenders {
  readonly #formats: ChatFormats;
  readonly #areQuick = new LruCache<string, boolean>(MAX_TEMPLATES);

  /** @param limits of one rendering */
  constructor(limits = QUICK_LIMITS) {
    this.#formats = new ChatFormats({ limits });
  }

  /** @returns undefined if a worker must render it, which also finds the right error */
  tryRender({ format, facts, prompt }: ChatTaskInput<'render'>): string | undefined {
    const template = templateOf(format);
    if (template === undefined || this.#areQuick.get(template) !== true || !isShort(prompt)) return undefined;
    try {
      return this.#formats.from(format, facts).render(prompt);
    } catch {
      this.#areQuick.set(template, false);
      return undefined;
    }
  }

  /** Notes whether a worker, which has just rendered a prompt in so many milliseconds, was quick. */
  learn({ format, prompt }: ChatTaskInput<'render'>, milliseconds: number): void {
    const template = templateOf(format);
    if (template === undefined || !isShort(prompt)) return;
    this.#areQuick.set(template, milliseconds < QUICK_MS);
  }
}

/** The model's own template; undefined for a long one, for one of a request, and for a model without a template. */
function templateOf(format: FormatSource): string | undefined {
  if (format.from === 'request' || format.source.kind === 'plain') return undefined;
  const { source } = format;
  const text = source.kind === 'renderer' ? source.renderer : source.text;
  return text.length <= SHORT_TEMPLATE ? text : undefined;
}

/** Calls, tools and further arguments are objects of any shape, and come with long prompts. */
function isShort({ messages, tools, templateArguments }: PromptInput): boolean {
  if (tools.length > 0 || templateArguments !== undefined) return false;
  let characters = 0;
  for (const message of messages) {
    if (message.tool_calls?.length) return false;
    characters += charactersOf(message) + 1;
    if (characters > SHORT_CHARACTERS) return false;
  }
  return true;
}
