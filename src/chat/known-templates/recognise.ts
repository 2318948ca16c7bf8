/** How a format is recognized in the Jinja templates that write it. */
interface Mark {
  readonly name: string;
  readonly has: readonly string[];
  readonly lacks?: readonly string[];
  /** Lengths in characters of the shortest and the longest published template that writes only this format. */
  readonly lengths: readonly [shortest: number, longest: number];
}

/** Ollama recognizes a template if fewer than a hundred characters differ from a published one. */
const MAX_DIFFERENCE = 99;

/** Texts in templates that share markers with a format but write other turns. */
const others = ['<|im_sep|>', '[SYSTEM_PROMPT]', '[gMASK]'];
/** Texts in templates that write more than plain turns. */
const abilities = ['tool', '<think', 'reasoning'];

const marks: readonly Mark[] = [
  { name: 'alfred', has: ['<start_user>', '<start_assistant>'], lengths: [533, 533] },
  { name: 'alpaca', has: ['### Instruction:', '### Response:'], lengths: [1041, 1041] },
  { name: 'chatml', has: ['<|im_start|>', '<|im_end|>'], lengths: [196, 629] },
  // This template contains the long system prompt of one vendor.
  { name: 'chatml', has: ['<|im_start|>', '<|im_end|>', 'You are DBRX'], lengths: [1842, 1842] },
  { name: 'chatqa', has: ['User: ', 'Assistant:'], lacks: ['<|', 'Falcon:'], lengths: [459, 690] },
  { name: 'codellama-70b-instruct', has: ['Source: ', '<step>'], lengths: [531, 531] },
  { name: 'command-r', has: ['<|START_OF_TURN_TOKEN|>', '<|CHATBOT_TOKEN|>'], lengths: [1204, 1204] },
  { name: 'falcon-instruct', has: ['User: ', 'Falcon:'], lengths: [340, 356] },
  { name: 'gemma-instruct', has: ['<start_of_turn>'], lacks: ['<start_of_image>'], lengths: [591, 591] },
  { name: 'gemma3-instruct', has: ['<start_of_turn>', '<start_of_image>'], lengths: [1532, 1532] },
  { name: 'granite-instruct', has: ['Question:', 'Answer:'], lengths: [376, 376] },
  { name: 'llama2-chat', has: ['[INST]', '<<SYS>>'], lengths: [813, 815] },
  { name: 'llama3-instruct', has: ['<|start_header_id|>', '<|eot_id|>'], lengths: [389, 389] },
  { name: 'magicoder', has: ['@@ Instruction', '@@ Response'], lengths: [571, 571] },
  { name: 'mistral-instruct', has: ['[INST]', '[/INST]'], lacks: ['<<SYS>>'], lengths: [470, 477] },
  { name: 'openchat', has: ['GPT4 Correct ', '<|end_of_turn|>'], lengths: [222, 222] },
  { name: 'phi-3', has: ['<|assistant|>', '<|end|>'], lengths: [218, 269] },
  { name: 'solar-instruct', has: ['### System:', '### User:', '### Assistant:'], lengths: [409, 409] },
  {
    name: 'starcoder2-instruct',
    has: ['### Instruction', '### Response'],
    lacks: ['### Instruction:'],
    lengths: [574, 574],
  },
  {
    name: 'zephyr',
    has: ['<|user|>', '<|assistant|>', 'eos_token'],
    lacks: ['<|end|>'],
    lengths: [306, 410],
  },
];

/** Llama 3.1: the only recognized template with tools; those of 3.2 and of models derived from it are not recognized. */
const llama31: Mark = {
  name: 'llama3-instruct',
  has: ['<|start_header_id|>', '<|python_tag|>', '26 Jul 2024'],
  lacks: ['strftime_now'],
  lengths: [4614, 4614],
};

/** The name of the format that a GGUF's Jinja template writes; undefined unless it writes only a widely used format. */
export function recogniseFormat(jinja: string): string | undefined {
  if (fits(llama31, jinja)) return llama31.name;
  if ([...others, ...abilities].some((text) => jinja.includes(text))) return undefined;
  return marks.find((mark) => fits(mark, jinja))?.name;
}

function fits({ has, lacks = [], lengths: [shortest, longest] }: Mark, jinja: string): boolean {
  if (jinja.length < shortest - MAX_DIFFERENCE || jinja.length > longest + MAX_DIFFERENCE) return false;
  return has.every((text) => jinja.includes(text)) && !lacks.some((text) => jinja.includes(text));
}
