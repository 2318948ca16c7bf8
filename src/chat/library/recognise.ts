/** Formats by what only their Jinja templates write; earlier lines are more telling. */
const marks: readonly (readonly [name: string, ...patterns: RegExp[]])[] = [
  ['alfred', /<start_user>/],
  ['openchat', /GPT4 Correct/],
  ['codellama-70b-instruct', /<step>/],
  ['command-r', /<\|START_OF_TURN_TOKEN\|>/, /<\|CHATBOT_TOKEN\|>/],
  ['gemma3-instruct', /<start_of_turn>/, /first_user_prefix/],
  ['gemma-instruct', /<start_of_turn>/],
  ['llama3-instruct', /<\|start_header_id\|>/],
  ['llama2-chat', /<<SYS>>/],
  ['mistral-instruct', /\[INST\]/],
  ['chatml', /<\|im_start\|>/],
  ['phi-3', /<\|end\|>/],
  ['zephyr', /<\|user\|>/],
  ['magicoder', /@@ Instruction/],
  ['alpaca', /### Instruction:/],
  ['starcoder2-instruct', /### Instruction/],
  ['solar-instruct', /### System:/, /### User:/],
  ['granite-instruct', /Question:/, /Answer:/],
  ['falcon-instruct', /Falcon|'User: \\n'/],
  ['chatqa', /User: /, /Assistant:/],
];

/** Longer templates than those that are known by name do more than write turns. */
const MAX_LENGTH = 2000;
/** Llama 3.1 has tools in its template, and is known all the same. */
const MAX_LLAMA3_LENGTH = 5000;

/** The name of the format that a GGUF's Jinja template writes, if it is one that many models share, and no more. */
export function recogniseFormat(jinja: string): string | undefined {
  const found = marks.find(([, ...patterns]) => patterns.every((pattern) => pattern.test(jinja)))?.[0];
  if (found === 'llama3-instruct') return jinja.length <= MAX_LLAMA3_LENGTH ? found : undefined;
  const doesMore = jinja.length > MAX_LENGTH || /tool|think/.test(jinja);
  return doesMore ? undefined : found;
}
