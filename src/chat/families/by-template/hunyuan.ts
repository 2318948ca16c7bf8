import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { jsonCalls, repairedJsonObject } from '../shared/json-call.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';

const block = { open: '<tool_calls>', close: '</tool_calls>' };
const call = { open: '<tool_call>', close: '</tool_call>' };
const fence = { open: '\n```json\n', close: '\n```' };

/** Reads calls in fences, or a JSON list of calls. */
function blockCalls(body: string): ParsedCall[] | undefined {
  if (!body.trimStart().startsWith(call.open)) return jsonCalls(body);
  const calls: ParsedCall[] = [];
  for (const part of body.trim().split(call.open).slice(1)) {
    const [name = '', values = ''] = part.split(fence.open, 2);
    const end = values.lastIndexOf(fence.close);
    const parsed = end < 0 ? undefined : repairedJsonObject(values.slice(0, end));
    const called = unquotedName(name);
    if (called === '' || !parsed || values.slice(end + fence.close.length).trim() !== call.close)
      return undefined;
    calls.push({ name: called, arguments: { ...parsed } });
  }
  return calls;
}

const calls = (tools: readonly Tool[]) =>
  taggedCalls({ ...block, tools, begins: [call.open, '[', '{'], hasStrings: true, read: blockCalls });

/** Source of the format: the chat template of tencent/Hunyuan-A13B-Instruct. */
export const hunyuan: Family = {
  parsers: {
    hunyuan: {
      hasTools: true,
      hasThinking: false,
      visibleTokens: [...Object.values(block), ...Object.values(call)],
      callSyntax: {
        open: `${block.open}\n`,
        separator: '\n',
        close: `\n${block.close}`,
        beforeArguments: (name) => `${call.open}${name}${fence.open}`,
        afterArguments: `${fence.close}\n${call.close}`,
        argumentSyntax: { form: 'json' },
      },
      callProbe: callProbe(calls),
      create: ({ tools }) => new SegmentParser(answerSegments({ calls: calls(tools) }).content),
    },
  },
};
