import type { ThinkingTags } from '../output/thinking-parser.ts';

/** What the markers in the text of a Jinja template reveal about the completions of its model. */
export interface TemplateMarks {
  /** The name of a parser. */
  readonly parser: string | undefined;
  /** The tags around the thinking, for parsers that do not handle it. */
  readonly thinking: ThinkingTags | undefined;
}

/** The first line whose markers are all in the text applies, so more specific lines come first. */
const callMarks: readonly (readonly [parser: string, ...marks: string[]])[] = [
  ['harmony', '<|channel|>', '<|start|>'],
  ['gemma4', '<|tool_call>', '<|channel>'],
  ['functiongemma', '<start_function_call>'],
  ['cohere', '<|START_ACTION|>'],
  ['glimmer', '<atem:function_calls>'],
  ['lfm2', '<|tool_call_start|>'],
  ['minimax', '<minimax:tool_call>'],
  ['seed-oss', '<seed:tool_call>'],
  ['kimi', '<|tool_calls_section_begin|>'],
  ['deepseek3', '<｜tool▁calls▁begin｜>'],
  ['glm-4.7', '<arg_key>'],
  ['olmo3', '<function_calls>'],
  ['hunyuan', '<tool_calls>', '<tool_call>'],
  ['nemotron-toolcall', '<TOOLCALL>'],
  ['ministral', '[TOOL_CALLS]', '[ARGS]'],
  ['mistral', '[TOOL_CALLS]'],
  ['phi-4-mini', '<|tool_call|>', '<|/tool_call|>'],
  ['granite', '<|tool_call|>'],
  ['qwen3-coder', '<tool_call>', '<function='],
  ['qwen3', '<tool_call>'],
  ['functools', 'functools['],
  ['llama3', '<|python_tag|>'],
  ['llama3', 'ipython', '"parameters"'],
];

const thinkingMarks: readonly ThinkingTags[] = [
  { open: '<seed:think>', close: '</seed:think>' },
  { open: '[THINK]', close: '[/THINK]' },
  { open: '<think>', close: '</think>' },
];

/** The parser for a template that mentions tools but has no known marker: calls are JSON. */
const FALLBACK_PARSER = 'json-calls';

export function templateMarks(text: string): TemplateMarks {
  const line = callMarks.find(([, ...marks]) => marks.every((mark) => text.includes(mark)));
  const knowsTools = text.includes('tools') || text.includes('tool_call');
  return {
    parser: line?.[0] ?? (knowsTools ? FALLBACK_PARSER : undefined),
    // Some templates only remove what precedes the closing tag in earlier turns.
    thinking: thinkingMarks.find(({ close }) => text.includes(close)),
  };
}
