#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4. The script needs Linux.
#
# Behaviour: a model with recurrent layers (here LFM2 with random weights) keeps snapshots of its state when the context is
# made with n_rs_seq > 0, so that llama_memory_seq_rm can take back the newest tokens. It takes back fewer tokens than the
# last call of llama_decode had, exactly. Asked for all tokens of the last call, or for more, it also returns true as long as
# the number is at most n_rs_seq, and the state is then an outdated one: the next logits are those of no sequence.
#
# Expected instead: false, as for every number above n_rs_seq, or the state from before that call.
#
# Why it matters: whoever drafts tokens takes back all of a call when a request is canceled or when the call was made of
# single tokens. The return value says that this went well, nothing is logged, and the text goes on, only worse.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
binaries="@node-llama-cpp/linux-$(node -p process.arch)"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 "$binaries@3.22.1" >/dev/null

cat >observe.mjs <<'JS'
import { readdirSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';

// Opens llama.cpp with the processor's code, and silences its log.
const folder = `node_modules/@node-llama-cpp/linux-${process.arch}/bins/linux-${process.arch}/`;
const open = (start) => koffi.load(folder + readdirSync(folder).find((name) => name.startsWith(start)), { global: true });
open('libggml-base.');
const ggml = open('libggml.');
const llama = open('libllama.');
koffi.proto('void log(int level, const char *text, void *data)');
llama.func('void llama_log_set(log *, void *)')(koffi.register(() => {}, koffi.pointer('log')), null);
ggml.func('void ggml_backend_load_all_from_path(const char *)')(folder);
const of = (type, names) => Object.fromEntries(names.split(' ').map((name) => [name, type]));
koffi.struct('model_parameters', {
  ...of('void *', 'devices buffers'), ...of('int32_t', 'layers split load lazy main'),
  ...of('void *', 'tensors progress data overrides'), ...of('bool', 'vocabulary check extra host alloc mtp'),
});
koffi.struct('context_parameters', {
  ...of('uint32_t', 'n_ctx n_batch n_ubatch n_seq_max n_rs_seq outputs per_seq'),
  ...of('int32_t', 'threads threads_batch kind rope_scaling pooling attention flash'), rope: koffi.array('float', 6),
  yarn: 'uint32_t', defrag: 'float', ...of('void *', 'eval eval_data'), ...of('int32_t', 'type_k type_v'),
  ...of('void *', 'abort abort_data'), ...of('bool', 'embeddings offload no_perf op_offload swa unified'),
  samplers: 'void *', n_samplers: 'size_t', other: 'void *',
});
koffi.struct('batch', { n: 'int32_t', ...of('void *', 'token embd pos n_seq seq logits') });
const load = llama.func('void *llama_model_load_from_file(const char *, model_parameters)');
const create = llama.func('void *llama_init_from_model(void *, context_parameters)');
const defaults = llama.func('context_parameters llama_context_default_params()');
const newBatch = llama.func('batch llama_batch_init(int32_t, int32_t, int32_t)');
const decode = llama.func('int32_t llama_decode(void *, batch)');
const logitsOf = llama.func('void *llama_get_logits_ith(void *, int32_t)');
const memoryOf = llama.func('void *llama_get_memory(void *)');
const remove = llama.func('bool llama_memory_seq_rm(void *, int32_t, int32_t, int32_t)');

// Writes a small LFM2 model: two convolutions, then attention. The same seed gives the same weights.
const [width, words, heads, inner] = [64, 100, 4, 64];
let seed = 1;
const random = () => ((seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5) * 0.5;
const number = (value, bytes = 4) => { const data = Buffer.alloc(bytes); data.writeUIntLE(value, 0, Math.min(bytes, 6)); return data; };
const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 8), Buffer.from(value)]);
const float = (value) => { const data = Buffer.alloc(4); data.writeFloatLE(value); return data; };
const pair = (key, type, value) => Buffer.concat([text(key), number(type), value]);
const list = (type, values) => Buffer.concat([number(type), number(values.length, 8), ...values]);
const attends = (layer) => layer === 2;
const layer = (index) => Object.entries({
  'attn_norm.weight': [width], 'ffn_norm.weight': [width],
  'ffn_gate.weight': [width, inner], 'ffn_up.weight': [width, inner], 'ffn_down.weight': [inner, width],
  ...(attends(index)
    ? { 'attn_q.weight': [width, width], 'attn_k.weight': [width, width], 'attn_v.weight': [width, width], 'attn_output.weight': [width, width],
        'attn_q_norm.weight': [width / heads], 'attn_k_norm.weight': [width / heads] }
    : { 'shortconv.conv.weight': [3, width], 'shortconv.in_proj.weight': [width, 3 * width], 'shortconv.out_proj.weight': [width, width] }),
}).map(([name, shape]) => [`blk.${index}.${name}`, shape]);
const shapes = [['token_embd.weight', [width, words]], ['token_embd_norm.weight', [width]], ...layer(0), ...layer(1), ...layer(2)];
const tokens = ['<unk>', '<s>', '</s>', ...Array.from({ length: words - 3 }, (_, index) => `w${index}`)];
const pairs = [
  pair('general.architecture', 8, text('lfm2')),
  ...Object.entries({ block_count: 3, context_length: 512, embedding_length: width, feed_forward_length: inner,
    'attention.head_count': heads, 'shortconv.l_cache': 3, vocab_size: words }).map(([key, value]) => pair(`lfm2.${key}`, 4, number(value))),
  pair('lfm2.attention.head_count_kv', 9, list(5, [0, 1, 2].map((index) => number(attends(index) ? heads : 0)))),
  pair('lfm2.attention.layer_norm_rms_epsilon', 6, float(1e-5)),
  pair('tokenizer.ggml.model', 8, text('llama')),
  pair('tokenizer.ggml.tokens', 9, list(8, tokens.map(text))),
  pair('tokenizer.ggml.scores', 9, list(6, tokens.map((_, index) => float(-index)))),
  pair('tokenizer.ggml.token_type', 9, list(5, tokens.map((_, index) => number(index < 3 ? 3 : 1)))),
];
const tensors = shapes.map(([name, shape]) => ({ name, shape, data: Buffer.from(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => (/norm/.test(name) ? 1 : random())).buffer) }));
let offset = 0;
const infos = tensors.map(({ name, shape, data }) => {
  const info = Buffer.concat([text(name), number(shape.length), ...shape.map((size) => number(size, 8)), number(0), number(offset, 8)]);
  offset += Math.ceil(data.length / 32) * 32;
  return info;
});
const head = Buffer.concat([Buffer.from('GGUF'), number(3), number(tensors.length, 8), number(pairs.length, 8), ...pairs, ...infos]);
const padded = (data) => Buffer.concat([data, Buffer.alloc((32 - (data.length % 32)) % 32)]);
writeFileSync('model.gguf', Buffer.concat([padded(head), ...tensors.map(({ data }) => padded(data))]));
const model = load('model.gguf', llama.func('model_parameters llama_model_default_params()')());

// A sequence that can compute tokens, each list in one call, and take tokens back.
function sequence() {
  const context = create(model, { ...defaults(), n_ctx: 256, n_rs_seq: 7, threads: 1, threads_batch: 1, flash: 0 });
  let length = 0;
  return {
    compute(list) {
      const batch = newBatch(list.length, 0, 1);
      const view = (pointer, count) => new Int32Array(koffi.view(pointer, count * 4));
      view(batch.token, list.length).set(list);
      view(batch.pos, list.length).set(list.map((_, index) => length + index));
      view(batch.n_seq, list.length).fill(1);
      for (let index = 0; index < list.length; index++) view(koffi.decode(batch.seq, index * 8, 'void *'), 1)[0] = 0;
      new Int8Array(koffi.view(batch.logits, list.length)).fill(1);
      if (decode(context, { ...batch, n: list.length }) !== 0) throw new Error('llama_decode failed');
      length += list.length;
      return Float32Array.from(new Float32Array(koffi.view(logitsOf(context, list.length - 1), words * 4)));
    },
    takeBack(count) {
      const done = remove(memoryOf(context), 0, length - count, -1);
      if (done) length -= count;
      return done;
    },
  };
}
const prompt = Array.from({ length: 40 }, (_, index) => 3 + ((index * 37) % 90));
const fresh = sequence();
fresh.compute(prompt);
const expected = fresh.compute([50]);
function observe(computed, back) {
  const kept = sequence();
  kept.compute(prompt);
  // What is not taken back is given again: the next token stands behind the prompt alone.
  const rest = computed - back;
  const plain = sequence();
  plain.compute(prompt);
  if (rest > 0) plain.compute(Array.from({ length: rest }, (_, index) => 60 + index));
  const wanted = rest > 0 ? plain.compute([50]) : expected;
  kept.compute(Array.from({ length: computed }, (_, index) => 60 + index));
  if (!kept.takeBack(back)) return `${back} of ${computed}: refused`;
  const found = kept.compute([50]);
  const difference = Math.max(...found.map((value, index) => Math.abs(value - wanted[index])));
  return `${back} of ${computed}: true, logits ${difference < 0.01 ? 'right' : 'wrong'}`;
}
for (const [computed, back] of [[8, 7], [4, 3], [4, 1], [4, 4], [1, 1], [8, 8]]) console.log(observe(computed, back));
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
7 of 8: true, logits right
3 of 4: true, logits right
1 of 4: true, logits right
4 of 4: true, logits wrong
1 of 1: true, logits wrong
8 of 8: refused
EXPECTED
echo 'as recorded'
