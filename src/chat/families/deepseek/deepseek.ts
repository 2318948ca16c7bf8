import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family, ParserFamily } from '../family.ts';
import {
  type AnswerSegments,
  answerSegments,
  hasBegunContent,
  thinksWhenAsked,
} from '../shared/answer-segments.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { repairedJsonObject } from '../shared/json-call.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { cogitoRenderer } from './cogito-renderer.ts';
import { deepSeek31Renderer } from './deepseek3-renderer.ts';
import {
  CALL_END,
  CALL_START,
  CALLS_END,
  CALLS_START,
  OUTPUT_END,
  OUTPUT_START,
  OUTPUTS_END,
  OUTPUTS_START,
  SEPARATOR,
  THINKING_END,
  THINKING_START,
} from './markup.ts';

/** How the arguments are written after the name of a call. */
interface CallForm {
  /** The kind of tool, before the name. */
  readonly kind: string;
  readonly fence: { readonly open: string; readonly close: string };
}

const plain: CallForm = { kind: '', fence: { open: '', close: '' } };
const fenced: CallForm = { kind: `function${SEPARATOR}`, fence: { open: '\n```json\n', close: '\n```' } };

/** Reads `name<sep>{…}`, or `function<sep>name` and the arguments in a fence, whichever the model writes. */
function readCall(body: string): ParsedCall[] | undefined {
  const parts = body.trim().split(SEPARATOR);
  const isFenced = parts.length > 1 && parts[0] === 'function';
  const [, name = '', written = ''] = isFenced
    ? (/^([^\n]*)\n```json\n([\s\S]*)\n```$/.exec(parts.slice(1).join(SEPARATOR).trimStart()) ?? [])
    : ['', parts[0], parts.slice(1).join(SEPARATOR)];
  const called = unquotedName(name);
  const values = called === '' ? undefined : repairedJsonObject(written);
  return values && [{ name: called, arguments: { ...values } }];
}

/** A section of calls. */
function calls(tools: readonly Tool[]): (after: Segment) => Exit[] {
  const beginsCall = taggedCalls({
    open: CALL_START,
    close: CALL_END,
    tools,
    hasStrings: true,
    read: readCall,
  });
  return (after) => {
    const between: Segment = {
      kind: 'content',
      trimsStart: true,
      trimsEnd: true,
      get exits() {
        return [...beginsCall(between), { tag: CALLS_END, leave: () => ({ next: after }) }];
      },
    };
    return [{ tag: CALLS_START, leave: () => ({ next: between }) }];
  };
}

/** A whole section, for calls in thinking: a section tag that is only mentioned must not be dropped there. */
const sections: CallExits = (tools) =>
  taggedCalls({ open: CALLS_START, close: CALLS_END, tools, begins: [CALL_START], read: sectionCalls });

function sectionCalls(body: string): ParsedCall[] | undefined {
  const parts = body.split(CALL_START);
  if (parts[0]?.trim() !== '') return undefined;
  const calls = parts.slice(1).map((part) => {
    const written = part.trimEnd();
    return written.endsWith(CALL_END) ? readCall(written.slice(0, -CALL_END.length)) : undefined;
  });
  return calls.every((call) => call !== undefined) ? calls.flat() : undefined;
}

function segments(tools: readonly Tool[]): AnswerSegments {
  const marks = [CALLS_END, OUTPUTS_START, OUTPUTS_END, OUTPUT_START, OUTPUT_END];
  return answerSegments({
    thinking: { start: THINKING_START, end: THINKING_END },
    calls: (after) => {
      // Markers of results belong to prompts; they have no meaning in a completion.
      const dropped = marks.map((tag) => ({ tag, leave: () => ({ next: after }) }));
      return [...calls(tools)(after), ...dropped];
    },
  });
}

const callSyntax = ({ kind, fence }: CallForm): CallSyntax => ({
  open: CALLS_START,
  separator: '',
  close: CALLS_END,
  beforeArguments: (name) => `${CALL_START}${kind}${name}${kind === '' ? SEPARATOR : ''}${fence.open}`,
  afterArguments: `${fence.close}${CALL_END}`,
  argumentSyntax: { form: 'json' },
});

const parser = (form: CallForm, startsThinking: typeof thinksWhenAsked): ParserFamily => ({
  hasTools: true,
  hasThinking: true,
  visibleTokens: [
    ...[THINKING_START, THINKING_END, CALLS_START, CALLS_END, CALL_START, CALL_END, SEPARATOR],
    ...[OUTPUTS_START, OUTPUTS_END, OUTPUT_START, OUTPUT_END],
  ],
  thinkingStart: THINKING_START,
  thinkingEnd: THINKING_END,
  startsThinking,
  callSyntax: callSyntax(form),
  callProbe: callProbe(sections),
  create: (input) => {
    const { thinking, content, contentOrThinking } = segments(input.tools);
    if (startsThinking(input)) return new SegmentParser(thinking);
    // The continuation of an answer may begin with white space, which is part of the answer.
    const isContent = input.think === false || hasBegunContent(input);
    return new SegmentParser(isContent ? content : contentOrThinking);
  },
});

/** Sources: the model cards of deepseek-ai/DeepSeek-V3.1 and deepcogito/cogito-v2. Cogito does not think if there are tools. */
export const deepSeek: Family = {
  renderers: { 'deepseek3.1': deepSeek31Renderer, cogito: cogitoRenderer },
  parsers: {
    deepseek3: parser(plain, thinksWhenAsked),
    cogito: parser(fenced, (input) => input.tools.length === 0 && thinksWhenAsked(input)),
  },
};
