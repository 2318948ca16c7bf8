import type { Tool } from '../../api/common.ts';
import { bareJsonParser } from '../families/by-template/bare-json-calls.ts';
import { jsonCallFamily } from '../families/by-template/json-call-families.ts';
import type { CallSyntax, ParserFamily } from '../families/family.ts';
import { withBareFunctions } from '../families/shared/completed-parser.ts';
import type { OutputParser, ParserInput } from '../output/output-parser.ts';
import { ToolCallParser } from '../output/tool-call-parser.ts';
import type { Reading } from './chat-format.ts';
import { endsInThinking, familyReading } from './family-reading.ts';
import type { GoTemplateFacts } from './format-source.ts';
import { taggedReading } from './tagged-reading.ts';
import { textReading } from './text-reading.ts';

/** What decides how the completions of a model with a Go template are read. */
export interface GoReadingSource {
  readonly text: string;
  readonly facts: GoTemplateFacts;
  /** If the model names one. */
  readonly parser: ParserFamily | undefined;
}

export function goReading(
  { text, facts, parser }: GoReadingSource,
  input: ParserInput,
  prompt: string,
): Reading {
  if (!parser) return taggedReading(facts.thinkingTags, input, prompt, calls(text, facts, input));
  const isInside = endsInThinking(parser, prompt);
  return familyReading(parser, isInside ? { ...input, endsInThinking: true } : input);
}

function calls(text: string, { toolTag }: GoTemplateFacts, { tools }: ParserInput): Reading {
  if (tools.length === 0) return textReading();
  const callSyntax = templateCallSyntax(text, toolTag);
  return {
    parser: withBareFunctions(new ToolCallParser(toolTag, tools), tools, callSyntax),
    visibleTokens: controlTokensIn(toolTag),
    callProbe: () => templateProbe(toolTag, tools),
    callSyntax,
  };
}

/** Searches thinking for calls after the tag of the template. */
function templateProbe(toolTag: string, tools: readonly Tool[]): OutputParser {
  const close = /^<[^/<>]+>$/.test(toolTag) ? `</${toolTag.slice(1)}` : undefined;
  const open = toolTag.replace(/\s*[{[]$/, '');
  const probe =
    open === '' ? bareJsonParser.callProbe : jsonCallFamily({ open, ...(close && { close }) }).callProbe;
  if (!probe) throw new Error('the parsers of JSON calls have probes');
  return probe(tools);
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
