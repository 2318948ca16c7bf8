#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4. The script needs Linux.
#
# Behaviour: the tokens of a text depend on general.name, the title of the model. When it contains "phi-3" or "phi3" in
# any case, llama.cpp drops the white space behind every special token but "<unk>", "<s>" and "<|endoftext|>", whatever
# the architecture and the tokenizer are. Such a model cannot be loaded at all ("_Map_base::at" in the log) unless its
# vocabulary has these three tokens and "</s>". The same bytes with another title load, and keep the white space.
#
# Expected instead: the title is for people to read. What a tokenizer does stands in the keys tokenizer.*.
#
# Why it matters: convert_hf_to_gguf.py takes the title from the name of the folder or the README and spells "Phi-3-mini"
# as "Phi 3 Mini", so that a Phi 3 model loses what its chat format was trained with (no line end behind "<|user|>"). A
# fine-tune of another model that is called "my-phi3-rival" does not load, although nothing in it is damaged.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
binaries="@node-llama-cpp/linux-$(node -p process.arch)"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 "$binaries@3.22.1" >/dev/null

cat >observe.mjs <<'JS'
import { readdirSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';

// Opens llama.cpp.
const folder = `node_modules/@node-llama-cpp/linux-${process.arch}/bins/linux-${process.arch}/`;
const open = (start) => koffi.load(folder + readdirSync(folder).find((name) => name.startsWith(start)), { global: true });
open('libggml-base.');
open('libggml.');
const llama = open('libllama.');
koffi.proto('void log(int level, const char *text, void *data)');
llama.func('void llama_log_set(log *, void *)')(koffi.register(() => {}, koffi.pointer('log')), null);
const pointers = (...names) => Object.fromEntries(names.map((name) => [name, 'void *']));
const numbers = (...names) => Object.fromEntries(names.map((name) => [name, 'int32_t']));
const switches = (...names) => Object.fromEntries(names.map((name) => [name, 'bool']));
koffi.struct('parameters', {
  ...pointers('devices', 'buffers'), ...numbers('layers', 'split', 'load', 'lazy', 'main'),
  ...pointers('tensors', 'progress', 'data', 'overrides'), ...switches('vocabularyOnly', 'check', 'extra', 'host', 'alloc', 'mtp'),
});
const parameters = { ...llama.func('parameters llama_model_default_params()')(), vocabularyOnly: true };
const load = llama.func('void *llama_model_load_from_file(const char *, parameters)');
const vocabularyOf = llama.func('void *llama_model_get_vocab(void *)');
const tokenize = llama.func('int32_t llama_tokenize(void *, const char *, int32_t, _Out_ int32_t *, int32_t, bool, bool)');

// Writes a GGUF with a vocabulary and no tensors.
const number = (value, bytes = 4) => { const data = Buffer.alloc(bytes); data.writeUIntLE(value, 0, Math.min(bytes, 6)); return data; };
const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 8), Buffer.from(value)]);
const float = (value) => { const data = Buffer.alloc(4); data.writeFloatLE(value); return data; };
const pair = (key, type, value) => Buffer.concat([text(key), number(type), value]);
const list = (type, values) => Buffer.concat([number(type), number(values.length, 8), ...values]);
const ordinary = ['x', 'y', 'xy', 'Ċ', 'Ġ'];
function write(path, name, special) {
  const tokens = [...ordinary, ...special];
  const types = tokens.map((token) => (ordinary.includes(token) ? 1 : 3));
  const pairs = [
    pair('general.architecture', 8, text('llama')),
    pair('general.name', 8, text(name)),
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => pair(`llama.${key}`, 4, number(32))),
    pair('llama.attention.layer_norm_rms_epsilon', 6, float(1e-5)),
    pair('tokenizer.ggml.model', 8, text('gpt2')),
    pair('tokenizer.ggml.pre', 8, text('gpt-2')),
    pair('tokenizer.ggml.tokens', 9, list(8, tokens.map(text))),
    pair('tokenizer.ggml.token_type', 9, list(5, types.map((type) => number(type)))),
    pair('tokenizer.ggml.merges', 9, list(8, [text('x y')])),
    pair('tokenizer.ggml.eos_token_id', 4, number(5)),
  ];
  writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), number(3), number(0, 8), number(pairs.length, 8), ...pairs]));
  return tokens;
}

function observe(name, special) {
  const tokens = write('vocabulary.gguf', name, special);
  const model = load('vocabulary.gguf', parameters);
  if (model === null) return console.log(`${name}: not loaded`);
  const ids = new Int32Array(16);
  const input = `${special[0]}\n x`;
  const count = tokenize(vocabularyOf(model), input, Buffer.byteLength(input), ids, ids.length, false, true);
  console.log(`${name}: ${JSON.stringify(input)} is ${[...ids.slice(0, count)].map((id) => tokens[id]).join(', ')}`);
}
const needed = ['</s>', '<unk>', '<s>', '<|endoftext|>'];
for (const name of ['Phi 3 Mini', 'Phi-3 Mini', 'my-PHI3-rival']) observe(name, ['<|user|>', ...needed]);
for (const name of ['Phi 3 Mini', 'my-phi3-rival']) observe(name, ['<|user|>', '</s>', '<unk>', '<s>']);
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
Phi 3 Mini: "<|user|>\n x" is <|user|>, Ċ, Ġ, x
Phi-3 Mini: "<|user|>\n x" is <|user|>, x
my-PHI3-rival: "<|user|>\n x" is <|user|>, x
Phi 3 Mini: "<|user|>\n x" is <|user|>, Ċ, Ġ, x
my-phi3-rival: not loaded
EXPECTED
echo 'as recorded'
