import type { Tool } from '../../../api/common.ts';
import type { ParsedCall, ParserInput } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import {
  argKeyCallSyntax,
  argKeyCalls,
  argKeyTokens,
  unfinishedArgKeyCalls,
} from '../shared/arg-key-calls.ts';
import { callProbe } from '../shared/call-probe.ts';
import { callTags } from '../shared/hermes-calls.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { lagunaRenderer } from './laguna-renderer.ts';
import { poolsideRenderer } from './poolside-renderer.ts';

/** The model tends to call these tools by the names from its training. */
const learnedNames: Readonly<Record<string, string>> = {
  read_file: 'read',
  write_file: 'write',
  edit_file: 'edit',
  web_fetch: 'webfetch',
};

const userTags = { open: '<user>', close: '</user>' };

function renamed(call: ParsedCall, names: ReadonlySet<string>): ParsedCall {
  const known = Object.hasOwn(learnedNames, call.name) ? learnedNames[call.name] : undefined;
  return known !== undefined && !names.has(call.name) && names.has(known) ? { ...call, name: known } : call;
}

function calls(tools: readonly Tool[]): (after: Segment) => Exit[] {
  const names = new Set(tools.map((tool) => tool.function.name));
  const reader = (calls: typeof argKeyCalls) => (body: string) => {
    // The opening tag may be repeated.
    const found = calls(body.replace(/^(\s*<tool_call>)+/, ''), tools);
    return found === 'open' ? found : found?.map((call) => renamed(call, names));
  };
  const read = reader(argKeyCalls);
  const readUnfinished = reader(unfinishedArgKeyCalls);
  const known = (body: string) => {
    const calls = read(body);
    return calls === 'open' || calls?.every(({ name }) => names.has(name)) ? calls : undefined;
  };
  return (after) => [
    ...taggedCalls({ ...callTags, tools, read, readUnfinished })(after),
    // The model also writes calls of known tools between the tags of user turns.
    ...(tools.length > 0 ? taggedCalls({ ...userTags, tools, read: known, readUnfinished })(after) : []),
  ];
}

function segments(tools: readonly Tool[]): { content: Segment; thinking: Segment } {
  const thinks = { tag: thinkTags.start, leave: () => ({ next: thinking }) };
  const content: Segment = {
    kind: 'content',
    trimsStart: true,
    trimsEnd: true,
    startExits: [{ tag: thinkTags.end, leave: () => ({ next: content }) }],
    get exits() {
      return [...callExits, thinks];
    },
  };
  const callExits = calls(tools)(content);
  const thinking: Segment = {
    kind: 'thinking',
    trimsStart: true,
    trimsEnd: true,
    startExits: [{ tag: thinkTags.start, leave: () => ({ next: thinking }) }],
    exits: [{ tag: thinkTags.end, leave: () => ({ next: content }) }],
  };
  return { content, thinking };
}

/** @param goesOn whether the completion continues a begun answer, after its thinking */
function parser(goesOn: boolean): ParserFamily {
  const startsThinking = ({ endsInThinking, think, lastMessage }: ParserInput): boolean =>
    endsInThinking ?? (Boolean(think) && !(goesOn && lastMessage?.role === 'assistant'));
  return {
    hasTools: true,
    hasThinking: true,
    visibleTokens: [...Object.values(thinkTags), ...Object.values(userTags), ...argKeyTokens],
    thinkingStart: thinkTags.start,
    thinkingEnd: thinkTags.end,
    startsThinking,
    callSyntax: argKeyCallSyntax,
    callProbe: callProbe(calls),
    hidesThinking: ({ think }) => !think,
    create: (input) => {
      const { content, thinking } = segments(input.tools);
      return new SegmentParser(startsThinking(input) ? thinking : content);
    },
  };
}

/** Source: the model cards of poolside/Laguna. */
export const laguna: Family = {
  renderers: { laguna: lagunaRenderer, 'poolside-v1': poolsideRenderer },
  parsers: { laguna: parser(true), 'poolside-v1': parser(false) },
};
