/** `<tool_call>{"name": "f", "arguments": {}}</tool_call>`: calls of Nous Hermes, Qwen3 and many others. */
import type { Tool } from '../../../api/common.ts';
import type { CallSyntax } from '../family.ts';
import { jsonCalls } from './json-call.ts';
import { taggedCalls } from './tagged-calls.ts';

export const callTags = { open: '<tool_call>', close: '</tool_call>' };

export const hermesCalls = (tools: readonly Tool[]) =>
  taggedCalls({ ...callTags, tools, begins: ['{', '['], hasStrings: true, read: jsonCalls });

export const hermesCallSyntax: CallSyntax = {
  open: `${callTags.open}\n`,
  separator: `\n${callTags.close}\n${callTags.open}\n`,
  close: `\n${callTags.close}`,
  beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, "arguments": `,
  afterArguments: '}',
  argumentSyntax: { form: 'json' },
};
