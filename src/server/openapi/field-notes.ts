/** What people are told about the fields of the native API, by the field's name. */
interface FieldNote {
  readonly default?: unknown;
  readonly meaning: string;
}

type Notes = Readonly<Record<string, FieldNote>>;

export const requestNotes: Notes = {
  model: { meaning: 'name of the model' },
  name: { meaning: 'older spelling of `model`' },
  stream: { default: true, meaning: 'send the reply in parts, one JSON object per line' },
  options: { meaning: 'over those of the model' },
  think: { meaning: "let the model think before it answers; the default is the model's" },
  think_budget: { meaning: 'most tokens of thinking, after which the answer begins' },
  truncate: {
    default: true,
    meaning: 'shorten what is longer than the context, and say so; false = refuse it',
  },
  shift: { default: true, meaning: 'let old tokens go when the context is full; false = end there' },
  logprobs: { default: false, meaning: 'tell the log probability of each token' },
  top_logprobs: { default: 0, meaning: 'and of so many alternatives, 20 at most' },
  _debug_render_only: { default: false, meaning: 'give the prompt instead of an answer' },
  prompt: { meaning: 'text to go on from' },
  suffix: { meaning: 'text that comes after the answer; for models with the capability `insert`' },
  system: { meaning: "system message; a request's counts before the model's" },
  template: { meaning: "prompt template; a request's counts before the model's" },
  context: { meaning: '`context` of an earlier reply, to go on from' },
  raw: { default: false, meaning: 'give the prompt to the model as it is, without a template' },
  images: { meaning: 'images in base64; refused, since this version cannot read them' },
  messages: { meaning: 'the conversation so far' },
  tools: { meaning: 'functions that the model may call' },
  tool_choice: { default: 'auto', meaning: '`auto`, `none`, `required`, or a function' },
  parallel_tool_calls: { default: true, meaning: 'false = one call at most' },
  input: { meaning: 'a text or a list of texts' },
  dimensions: { default: 0, meaning: 'numbers of each vector to keep; 0 = all' },
  query: { meaning: 'what the documents are to answer' },
  documents: { meaning: 'texts, or objects with a `text`' },
  top_n: { meaning: 'results to give, the best ones; all unless given' },
  return_documents: { default: false, meaning: 'give the documents back with their results' },
  content: { meaning: 'the text' },
  text: { meaning: 'another name for `content`' },
  add_special: { default: false, meaning: 'put the start and end tokens of the model around it' },
  parse_special: { default: true, meaning: 'read marks such as `<|im_start|>` as the tokens they name' },
  with_pieces: { default: false, meaning: 'tell the text of each token' },
  tokens: { meaning: 'ids of tokens' },
  slots: { meaning: 'requests at the same time; as many as the server would choose unless given' },
  verbose: { default: false, meaning: 'metadata and tensors too' },
  insecure: { default: false, meaning: 'speak plain HTTP to the registry' },
  from: { meaning: 'model to start from' },
  files: { meaning: 'GGUF files: name to digest of an uploaded blob' },
  adapters: { meaning: 'LoRA adapters: name to digest of an uploaded blob' },
  draft_files: { meaning: 'draft model: name to digest of an uploaded blob' },
  quantize: { meaning: 'type to quantize the weights to' },
  license: { meaning: 'one text or several' },
  parameters: { meaning: 'options that the model has from then on' },
  renderer: { meaning: 'built-in way to write prompts' },
  parser: { meaning: 'built-in way to read answers' },
  requires: { meaning: 'least version of the program' },
  source: { meaning: 'the model to copy; for `/api/link` what the user calls the file' },
  destination: { meaning: 'name of the copy' },
  digest: { meaning: '`sha256:` and 64 hex digits' },
  token: { meaning: 'the one that the first request gave' },
};

export const replyNotes: Notes = {
  created_at: { meaning: 'time of this part' },
  done: { meaning: 'whether this is the last part' },
  done_reason: { meaning: 'why it ended: `length` is a limit of tokens' },
  response: { meaning: 'text of this part' },
  message: { meaning: 'text, thinking or calls of this part' },
  thinking: { meaning: 'thinking of this part' },
  prompt_truncated: { meaning: 'true where messages or tokens were left out to fit the context' },
  stop_sequence: { meaning: 'the one of `stop` that ended the answer' },
  total_duration: { meaning: 'from the arrival of the request, in nanoseconds' },
  load_duration: { meaning: 'time to load the model, in nanoseconds' },
  prompt_eval_count: { meaning: 'tokens of the prompt' },
  prompt_eval_cached: { meaning: 'those of them that did not have to be computed' },
  prompt_eval_duration: { meaning: 'nanoseconds' },
  eval_count: { meaning: 'tokens of the answer' },
  eval_thinking_count: { meaning: 'those of them that were thinking' },
  eval_duration: { meaning: 'nanoseconds' },
  size: { meaning: 'bytes' },
  size_vram: { meaning: 'bytes of it on GPUs' },
  expires_at: { meaning: 'when it is unloaded if nobody asks' },
  embeddings: { meaning: 'one vector of length 1 for each input' },
  relevance_score: { meaning: 'larger is better; of any size' },
  completed: { meaning: 'bytes' },
  total: { meaning: 'bytes' },
  fraction: { meaning: 'of the weights, 0 to 1' },
  waits_for: { meaning: 'what has to become free' },
  waited: { meaning: 'nanoseconds' },
  available: { meaning: 'bytes that models may take now' },
};

/** The schema with notes on its own fields, where they say nothing themselves. */
export function withNotes(schema: Readonly<Record<string, unknown>>, notes: Notes): Record<string, unknown> {
  const { properties } = schema;
  if (properties === null || typeof properties !== 'object') return { ...schema };
  const noted = Object.entries(properties).map(([name, field]: [string, object]) => {
    const note = Object.hasOwn(notes, name) ? notes[name] : undefined;
    if (note === undefined) return [name, field];
    const { meaning, default: value } = note;
    return [name, { ...(value !== undefined && { default: value }), description: meaning, ...field }];
  });
  return { ...schema, properties: Object.fromEntries(noted) };
}
