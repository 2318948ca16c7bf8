#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4. The script needs Linux.
#
# Behaviour: llama_model_quantize writes the requested type into general.file_type even where no tensor of that type
# is in the file. With rows of 96 values, which 256 does not divide, "Q2_K" produces the same tensor bytes as "Q4_0",
# and "Q6_K" the same as "Q8_0", while "Q4_K_M" becomes larger than "Q5_0". With rows of 80 values every requested type
# produces the same F16 file. "MXFP4" on a model without experts produces the tensor bytes of "Q8_0". Each call
# returns success, and each file carries the label that was asked for.
#
# Expected instead: an error, or a label of what the file holds, or at least a 2-bit type that is smaller than a 4-bit
# type.
#
# Why it matters: real models have such rows; SmolLM2-135M has 576 values in a row. A registry or a memory estimate
# that trusts general.file_type is wrong for them by a factor of up to six, and comparing "Q2_K" with "Q4_0" on such
# a model compares a file with itself. Count the tensor types instead.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
binaries="@node-llama-cpp/linux-$(node -p process.arch)"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 "$binaries@3.22.1" >/dev/null

cat >observe.mjs <<'JS'
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';

// Opens llama.cpp.
const folder = `node_modules/@node-llama-cpp/linux-${process.arch}/bins/linux-${process.arch}/`;
const open = (start) => koffi.load(folder + readdirSync(folder).find((name) => name.startsWith(start)), { global: true });
open('libggml-base.');
open('libggml.').func('void ggml_backend_load_all_from_path(const char *)')(folder);
const llama = open('libllama.');
koffi.proto('void log(int level, const char *text, void *data)');
llama.func('void llama_log_set(log *, void *)')(koffi.register(() => {}, koffi.pointer('log')), null);
const fields = (type, ...names) => Object.fromEntries(names.map((name) => [name, type]));
koffi.struct('parameters', {
  ...fields('int32_t', 'threads', 'type', 'output', 'embedding'),
  ...fields('bool', 'again', 'quantizeOutput', 'copy', 'pure', 'split', 'dry'),
  ...fields('void *', 'matrix', 'overrides', 'types', 'prune'), ...fields('size_t', 'buffer'),
});
const defaults = llama.func('parameters llama_model_quantize_default_params()');
const quantize = llama.func('uint32_t llama_model_quantize(const char *, const char *, const parameters *)');

// Writes a small F32 model of the architecture "llama".
const number = (value, bytes = 4) => { const data = Buffer.alloc(bytes); data.writeUIntLE(value, 0, Math.min(bytes, 6)); return data; };
const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 8), Buffer.from(value)]);
const pair = (key, type, value) => Buffer.concat([text(key), number(type), value]);
function write(path, row) {
  const epsilon = Buffer.alloc(4);
  epsilon.writeFloatLE(1e-5);
  const facts = { block_count: 1, context_length: 32, embedding_length: row, feed_forward_length: row, 'attention.head_count': 1 };
  const pairs = [
    pair('general.architecture', 8, text('llama')),
    ...Object.entries(facts).map(([key, value]) => pair(`llama.${key}`, 4, number(value))),
    pair('llama.attention.layer_norm_rms_epsilon', 6, epsilon),
    pair('tokenizer.ggml.model', 8, text('none')),
  ];
  const tensors = [['token_embd', row, 32], ['output_norm', row], ['output', row, 32], ['blk.0.attn_norm', row], ['blk.0.ffn_norm', row]];
  for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']) tensors.push([`blk.0.${name}`, row, row]);
  let offset = 0;
  const infos = tensors.map(([name, ...shape]) => {
    const info = Buffer.concat([text(`${name}.weight`), number(shape.length), ...shape.map((size) => number(size, 8)), number(0), number(offset, 8)]);
    offset += 4 * shape.reduce((a, b) => a * b);
    return info;
  });
  const head = Buffer.concat([Buffer.from('GGUF'), number(3), number(tensors.length, 8), number(pairs.length, 8), ...pairs, ...infos]);
  let state = 1;
  const data = Float32Array.from({ length: offset / 4 }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5);
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(-head.length & 31), Buffer.from(data.buffer)]));
}

// Reads the file type, the types of the tensors that are matrices, and the bytes of all tensors.
function read(path) {
  const file = readFileSync(path);
  let at = 8;
  const take = (bytes) => file.readUIntLE((at += bytes) - bytes, Math.min(bytes, 6));
  const string = () => { const length = take(8); return file.toString('utf8', at, (at += length)); };
  const [tensorCount, pairCount] = [take(8), take(8)];
  let label;
  for (let i = 0; i < pairCount; i++) {
    const [key, type] = [string(), take(4)];
    const value = type === 8 ? string() : take(4);
    if (key === 'general.file_type') label = value;
  }
  const types = new Set();
  for (let i = 0; i < tensorCount; i++) {
    string();
    const dimensions = take(4);
    at += 8 * dimensions;
    const type = take(4);
    at += 8;
    if (dimensions > 1) types.add({ 0: 'F32', 1: 'F16', 2: 'Q4_0', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0', 12: 'Q4_K', 14: 'Q6_K', 10: 'Q2_K', 39: 'MXFP4' }[type] ?? type);
  }
  const data = file.subarray(at + (-at & 31));
  return { label, types: [...types].sort().join('+'), bytes: data.length, hash: createHash('sha256').update(data).digest('hex') };
}

const requests = { Q2_K: 10, Q4_0: 2, Q5_0: 8, Q4_K_M: 15, Q6_K: 18, Q8_0: 7, MXFP4: 38 };
for (const row of [96, 80]) {
  write('model.gguf', row);
  const first = new Map();
  for (const [name, type] of Object.entries(requests)) {
    const result = quantize('model.gguf', 'out.gguf', { ...defaults(), threads: 1, type });
    if (result !== 0) throw new Error(`${name}: ${result}`);
    const { label, types, bytes, hash } = read('out.gguf');
    const same = first.get(hash);
    if (!same) first.set(hash, name);
    console.log(`rows of ${row}, ${name}: label ${label === type ? name : label}, holds ${types}, ${bytes} bytes${same ? `, same bytes as ${same}` : ''}`);
  }
}
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
rows of 96, Q2_K: label Q2_K, holds Q4_0+Q8_0, 42432 bytes
rows of 96, Q4_0: label Q4_0, holds Q4_0+Q8_0, 42432 bytes, same bytes as Q2_K
rows of 96, Q5_0: label Q5_0, holds Q5_0+Q8_0, 50880 bytes
rows of 96, Q4_K_M: label Q4_K_M, holds Q5_0+Q8_0, 57792 bytes
rows of 96, Q6_K: label Q6_K, holds Q8_0, 76224 bytes
rows of 96, Q8_0: label Q8_0, holds Q8_0, 76224 bytes, same bytes as Q6_K
rows of 96, MXFP4: label MXFP4, holds Q8_0, 76224 bytes, same bytes as Q6_K
rows of 80, Q2_K: label Q2_K, holds F16, 100800 bytes
rows of 80, Q4_0: label Q4_0, holds F16, 100800 bytes, same bytes as Q2_K
rows of 80, Q5_0: label Q5_0, holds F16, 100800 bytes, same bytes as Q2_K
rows of 80, Q4_K_M: label Q4_K_M, holds F16, 100800 bytes, same bytes as Q2_K
rows of 80, Q6_K: label Q6_K, holds F16, 100800 bytes, same bytes as Q2_K
rows of 80, Q8_0: label Q8_0, holds F16, 100800 bytes, same bytes as Q2_K
rows of 80, MXFP4: label MXFP4, holds F16, 100800 bytes, same bytes as Q2_K
EXPECTED
echo 'as recorded'
