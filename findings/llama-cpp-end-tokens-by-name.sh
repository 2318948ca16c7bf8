#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4. The script needs Linux.
#
# Behaviour: the loader of llama.cpp decides which tokens end an answer partly by their text, whatever the GGUF says.
# A token that the file declares as ordinary text (type 1) becomes a control token that ends the answer when it is
# named "</s>", "<eos>", "[EOS]", "[PAD]", "_<EOT>", "<reponame>" or "<turn|>". "<EOS>", "</S>", "<pad>", "<repo_name>"
# and "<|im_start|>" stay ordinary text, and so does "<s>". The names interact: "</s>" ends no answer when the same
# vocabulary has "<|tool_response>", and "<|end|>" ends none when it has both "<|return|>" and "<|call|>".
#
# Expected instead: the answer ends at tokenizer.ggml.eos_token_id, tokenizer.ggml.eot_token_id and their relatives,
# which the file names by number, and a token of type "normal" is text.
#
# Why it matters: a model that writes HTML may hold "</s>" as one ordinary token, and its answer then stops there,
# with no hint in the metadata. To convert a model to GGUF without a mistake is not enough: whoever adds tokens to a
# vocabulary, renames them or compares stop behaviour between engines has to know the list of names.
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
const ends = llama.func('bool llama_vocab_is_eog(void *, int32_t)');

// Writes a GGUF with a vocabulary and no tensors.
const number = (value, bytes = 4) => { const data = Buffer.alloc(bytes); data.writeUIntLE(value, 0, Math.min(bytes, 6)); return data; };
const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 8), Buffer.from(value)]);
const float = (value) => { const data = Buffer.alloc(4); data.writeFloatLE(value); return data; };
const pair = (key, type, value) => Buffer.concat([text(key), number(type), value]);
const list = (type, values) => Buffer.concat([number(type), number(values.length, 8), ...values]);
function write(path, added) {
  const tokens = ['x', 'y', 'xy', '<|my_end|>', ...added];
  const types = [1, 1, 1, 3, ...added.map(() => 1)];
  const pairs = [
    pair('general.architecture', 8, text('llama')),
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => pair(`llama.${key}`, 4, number(32))),
    pair('llama.attention.layer_norm_rms_epsilon', 6, float(1e-5)),
    pair('tokenizer.ggml.model', 8, text('gpt2')),
    pair('tokenizer.ggml.pre', 8, text('gpt-2')),
    pair('tokenizer.ggml.tokens', 9, list(8, tokens.map(text))),
    pair('tokenizer.ggml.token_type', 9, list(5, types.map((type) => number(type)))),
    pair('tokenizer.ggml.merges', 9, list(8, [text('x y')])),
    pair('tokenizer.ggml.eos_token_id', 4, number(3)),
  ];
  writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), number(3), number(0, 8), number(pairs.length, 8), ...pairs]));
}

// Every added token has type 1, "normal".
function observe(...added) {
  write('vocabulary.gguf', added);
  const vocabulary = vocabularyOf(load('vocabulary.gguf', parameters));
  if (!ends(vocabulary, 3)) throw new Error('the declared end token ends no answer');
  return added.map((name, index) => `${name} ${ends(vocabulary, 4 + index) ? 'ends' : 'text'}`).join(', ');
}
for (const name of ['</s>', '</S>', '<s>', '<eos>', '<EOS>', '[EOS]', '[PAD]', '<pad>', '_<EOT>', '<reponame>', '<repo_name>', '<turn|>', '<|end|>', '<|im_end|>', '<|im_start|>', 'plain'])
  console.log(observe(name));
console.log(observe('</s>', '<|tool_response>'));
console.log(observe('<|end|>', '<|return|>'));
console.log(observe('<|end|>', '<|return|>', '<|call|>'));
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
</s> ends
</S> text
<s> text
<eos> ends
<EOS> text
[EOS] ends
[PAD] ends
<pad> text
_<EOT> ends
<reponame> ends
<repo_name> text
<turn|> ends
<|end|> ends
<|im_end|> ends
<|im_start|> text
plain text
</s> text, <|tool_response> ends
<|end|> ends, <|return|> ends
<|end|> text, <|return|> ends, <|call|> ends
EXPECTED
echo 'as recorded'
