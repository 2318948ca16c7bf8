import type { Message } from '../../api/common.ts';
import type { ParserFamily } from '../families/family.ts';
import { templateCallSyntax } from '../go-template/call-syntax.ts';
import type { GoChatTemplate } from '../go-template/go-chat-template.ts';
import type { ParserInput } from '../output/output-parser.ts';
import { StagedParser } from '../output/staged-parser.ts';
import { ThinkingParser } from '../thinking/thinking-parser.ts';
import { ToolCallParser } from '../tools/tool-call-parser.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { familyReading } from './family-reading.ts';
import { textReading } from './text-reading.ts';

/** The format of a model with a Go template. */
export class GoFormat implements ChatFormat {
  readonly #text: string;
  readonly #template: GoChatTemplate;
  readonly #parser: ParserFamily | undefined;

  constructor(parts: { text: string; template: GoChatTemplate; parser: ParserFamily | undefined }) {
    this.#text = parts.text;
    this.#template = parts.template;
    this.#parser = parts.parser;
  }

  render({ messages, tools, think }: PromptInput): string {
    return this.#template.render({ messages, tools, think });
  }

  read(input: ParserInput, prompt: string): Reading {
    if (this.#parser) return familyReading(this.#parser, input);
    const { thinkingTags: tags, toolTag } = this.#template;
    const thinks = tags !== undefined && input.think !== undefined && input.think !== false;
    const hasTools = input.tools.length > 0;
    const { parser: plain } = textReading();
    const startsInside = thinks && prompt.trimEnd().endsWith(tags.open);
    const names = input.tools.map((tool) => tool.function.name);
    const calls = hasTools ? new ToolCallParser(toolTag, names) : plain;
    return {
      parser: thinks ? new StagedParser(new ThinkingParser(tags, startsInside), calls) : calls,
      visibleTokens: [...(tags ? [tags.open, tags.close] : []), ...controlTokensIn(toolTag)],
      ...(thinks && { thinking: { start: tags.open, end: tags.close, startsInside } }),
      ...(hasTools && { callSyntax: templateCallSyntax(this.#text, toolTag) }),
    };
  }

  stop(_messages: readonly Message[]): readonly string[] {
    return [];
  }
}

/** What may be a control token at the start of a tag: "[TOOL_CALLS]" of "[TOOL_CALLS][". */
function controlTokensIn(tag: string): string[] {
  const first = /^(?:<[^>]*>|\[[^\]]+\])/.exec(tag)?.[0];
  return first === undefined ? [] : [first, first.replace(/^([<[])/, '$1/')];
}
