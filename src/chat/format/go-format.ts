import type { Message } from '../../api/common.ts';
import type { CallSyntax, ParserFamily } from '../families/family.ts';
import type { GoChatTemplate } from '../go-template/go-chat-template.ts';
import type { ParserInput } from '../output/output-parser.ts';
import { ToolCallParser } from '../output/tool-call-parser.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { endsInThinking, familyReading } from './family-reading.ts';
import { taggedReading } from './tagged-reading.ts';
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
    const { promptTools, promptThink } = this.#parser ?? {};
    return this.#template.render({
      messages,
      tools: promptTools?.(tools) ?? tools,
      think: think === undefined ? think : (promptThink?.(think) ?? think),
    });
  }

  read(input: ParserInput, prompt: string): Reading {
    if (!this.#parser) return taggedReading(this.#template.thinkingTags, input, prompt, this.#calls(input));
    const isInside = endsInThinking(this.#parser, prompt);
    return familyReading(this.#parser, isInside ? { ...input, endsInThinking: true } : input);
  }

  stop(_messages: readonly Message[]): readonly string[] {
    return [];
  }

  #calls({ tools }: ParserInput): Reading {
    if (tools.length === 0) return textReading();
    const { toolTag } = this.#template;
    return {
      parser: new ToolCallParser(
        toolTag,
        tools.map((tool) => tool.function.name),
      ),
      visibleTokens: controlTokensIn(toolTag),
      callSyntax: templateCallSyntax(this.#text, toolTag),
    };
  }
}

/** The possible control token at the start of a tag, and its closing form: "[TOOL_CALLS]" in "[TOOL_CALLS][". */
function controlTokensIn(tag: string): string[] {
  const first = /^(?:<[^>]*>|\[[^\]]+\])/.exec(tag)?.[0];
  return first === undefined ? [] : [first, first.replace(/^([<[])/, '$1/')];
}

/** The call syntax of a model whose template has this text and writes this tag before its calls. */
function templateCallSyntax(templateText: string, tag: string): CallSyntax {
  const key = /"parameters":\s*\{\{/.test(templateText) ? 'parameters' : 'arguments';
  const isList = tag.endsWith('[');
  const isBare = tag === '{';
  const closingTag = /^<[^/<>]+>$/.test(tag) ? `\n</${tag.slice(1)}` : '';
  const open = isBare ? '' : closingTag === '' ? tag : `${tag}\n`;
  return {
    open,
    separator: isList ? ', ' : closingTag === '' ? '\n' : `${closingTag}\n${tag}\n`,
    close: isList ? ']' : closingTag,
    beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, ${JSON.stringify(key)}: `,
    afterArguments: '}',
    argumentSyntax: { form: 'json' },
  };
}
