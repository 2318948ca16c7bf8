import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import type { WorkMeter } from '../../base/work-meter.ts';
import type { ListNode } from '../../template/ast.ts';
import { executionMeter } from '../../template/limits.ts';
import { GoTemplate } from '../../template/template.ts';
import type { ThinkingTags } from '../output/thinking-parser.ts';
import { withImageMarks } from '../shape/image-marks.ts';
import { chatTemplateData, type ThinkVariables, thinkVariables, turnData } from './chat-data.ts';
import { collateMessages } from './collate.ts';
import { cutAtResponse } from './legacy-cut.ts';
import { thinkingTags } from './thinking-tags.ts';
import { toolTag } from './tool-tag.ts';

interface GoChatInput {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly think: Think | undefined;
}

interface GoChatOptions {
  readonly now?: () => Date;
  /** Makes the meter of a rendering. */
  readonly createMeter?: (() => WorkMeter) | undefined;
}

interface Turn {
  readonly System: string;
  readonly Prompt: string;
  readonly Response: string;
}

const emptyTurn: Turn = { System: '', Prompt: '', Response: '' };

/** A Go chat template as in Ollama's models, for conversations or for single turns. */
export class GoChatTemplate {
  readonly #template: GoTemplate;
  readonly #createMeter: () => WorkMeter;
  /** The names of all fields and variables that the template uses, in lower case. */
  readonly fieldNames: ReadonlySet<string>;
  /** undefined if the template does not support thinking. */
  readonly thinkingTags: ThinkingTags | undefined;
  readonly toolTag: string;

  /** @throws OllamaError `invalid-request` naming line and column */
  constructor(text: string, options: GoChatOptions = {}) {
    const parsed = GoTemplate.parse(text, options);
    const names = parsed.fieldNames;
    this.#createMeter = options.createMeter ?? executionMeter;
    const isComplete = names.has('messages') || names.has('response');
    this.#template = isComplete ? parsed : parsed.withRoot(withResponse(parsed.root));
    this.fieldNames = names;
    this.thinkingTags = thinkingTags(parsed.root);
    this.toolTag = toolTag(parsed.root);
  }

  /** Whether the template can fill a gap in a text. */
  get canInsert(): boolean {
    return this.fieldNames.has('suffix');
  }

  /** @throws OllamaError `invalid-request` when the template fails */
  render({ messages, tools, think }: GoChatInput): string {
    const variables = thinkVariables(think);
    const collated = collateMessages(withImageMarks(messages));
    if (!this.fieldNames.has('messages')) return this.#renderTurns(collated.messages, variables);
    return this.#template.execute(
      chatTemplateData({ ...collated, tools, think: variables }),
      this.#createMeter(),
    );
  }

  /** Renders a text with a gap between `prompt` and `suffix`. */
  renderInsert(prompt: string, suffix: string, think: Think | undefined): string {
    const texts = { Prompt: prompt, Suffix: suffix, Response: '' };
    return this.#template.execute(turnData(texts, thinkVariables(think)), this.#createMeter());
  }

  /** Renders turn by turn, within the limits of one execution; the last turn ends where its answer begins. */
  #renderTurns(messages: readonly Message[], think: ThinkVariables): string {
    let output = '';
    let turn = emptyTurn;
    const meter = this.#createMeter();
    const flush = () => {
      output += this.#template.execute(turnData({ ...turn }, think), meter);
      turn = emptyTurn;
    };
    for (const { role, content } of messages) {
      if (role === 'system') {
        if (turn.Prompt !== '' || turn.Response !== '') flush();
        turn = { ...turn, System: content };
      } else if (role === 'user') {
        if (turn.Response !== '') flush();
        turn = { ...turn, Prompt: content };
      } else if (role === 'assistant') turn = { ...turn, Response: content };
    }
    const cut = this.#template.withRoot(cutAtResponse(this.#template.root));
    return output + cut.execute(turnData({ ...turn }, think), meter) + turn.Response;
  }
}

/** Adds the answer at the end of a template that has no place for it. */
function withResponse(root: ListNode): ListNode {
  const { position } = root;
  const operand = { kind: 'field', position, names: ['Response'] } as const;
  const command = { kind: 'command', position, operands: [operand] } as const;
  const pipe = { kind: 'pipe', position, declared: [], isAssignment: false, commands: [command] } as const;
  return { ...root, nodes: [...root.nodes, { kind: 'action', position, pipe }] };
}
