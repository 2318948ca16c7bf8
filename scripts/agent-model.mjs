// A model for the benchmark of agents: random weights, the vocabulary of SmolLM2, trained for 32k tokens.
import { ensureSmolModel } from './model-cache.mjs';

export const CONTEXT = 32_768;
const EMBEDDING = 32;
const LAYERS = 2;
const HEAD = 16;
const F32 = 0;

/** Turns with tags, as in ChatML; tools are JSON lines in front. */
const template = `{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}
{% endif %}You can call these functions. Answer a call as <tool_call>{"name": NAME, "arguments": OBJECT}</tool_call>.
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{% endif %}{% for message in messages %}{% if not loop.first or message.role != 'system' %}\
<|im_start|>{{ 'user' if message.role == 'tool' else message.role }}
{% if message.role == 'tool' %}<tool_response>
{{ message.content }}
</tool_response>{% else %}{{ message.content or '' }}{% endif %}{% for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>\
{% endfor %}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** Writes the GGUF file. Needs the built program. */
export async function writeAgentModel(path) {
  const { readGgufFile } = await import('../dist/gguf/parse.js');
  const { writeGguf } = await import('../dist/gguf/writer.js');
  const { metadata } = await readGgufFile(await ensureSmolModel(), { arrays: 'keep' });
  const tokenizer = [...metadata].filter(([key]) => key.startsWith('tokenizer.ggml.'));
  const u32 = (value) => ({ type: 'u32', value });
  const text = (value) => ({ type: 'string', value });
  await writeGguf(path, {
    metadata: {
      'general.architecture': text('llama'),
      'general.name': text('Agent'),
      'general.file_type': u32(0),
      'llama.context_length': u32(CONTEXT),
      'llama.embedding_length': u32(EMBEDDING),
      'llama.block_count': u32(LAYERS),
      'llama.feed_forward_length': u32(2 * EMBEDDING),
      'llama.rope.dimension_count': u32(HEAD),
      'llama.attention.head_count': u32(EMBEDDING / HEAD),
      'llama.attention.head_count_kv': u32(EMBEDDING / HEAD),
      'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
      ...Object.fromEntries(tokenizer),
      'tokenizer.chat_template': text(template),
    },
    tensors: randomTensors(metadata.get('tokenizer.ggml.tokens').value.count),
  });
}

function randomTensors(words) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 0.5;
  };
  const tensor = (name, shape, value) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new Uint8Array(Float32Array.from({ length }, value).buffer);
    return { name, shape, type: F32, data };
  };
  const weights = (name, ...shape) => tensor(name, shape, random);
  const ones = (name) => tensor(name, [EMBEDDING], () => 1);
  const layers = Array.from({ length: LAYERS }, (_, index) => [
    ones(`blk.${index}.attn_norm.weight`),
    ...['q', 'k', 'v', 'output'].map((part) =>
      weights(`blk.${index}.attn_${part}.weight`, EMBEDDING, EMBEDDING),
    ),
    ones(`blk.${index}.ffn_norm.weight`),
    weights(`blk.${index}.ffn_gate.weight`, EMBEDDING, 2 * EMBEDDING),
    weights(`blk.${index}.ffn_up.weight`, EMBEDDING, 2 * EMBEDDING),
    weights(`blk.${index}.ffn_down.weight`, 2 * EMBEDDING, EMBEDDING),
  ]);
  return [
    weights('token_embd.weight', EMBEDDING, words),
    ...layers.flat(),
    ones('output_norm.weight'),
    weights('output.weight', EMBEDDING, words),
  ];
}
