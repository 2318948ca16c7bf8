#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4; tokenizers 0.23.3 (PyPI). The script needs Linux.
#
# Behaviour: the pre-tokenizer "gpt-4o" of llama.cpp, which its converter names for gpt-oss and GPT-4o vocabularies, splits
# words before every combining mark. OpenAI's pattern keeps marks with their letters. A word of Hindi, Tamil, Bengali or
# Thai therefore becomes many small tokens although the vocabulary has one for the whole word. The pre-tokenizer
# "granite-embed-multi-97m" of the same library splits as the original does.
#
# Expected instead: the tokens of the original tokenizer.json for all languages, as for English.
#
# Why it matters: prompts in these languages take several times as many tokens, and the model sees words cut in a way that
# it was not trained on. Nothing in the file or the log hints at it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
binaries="@node-llama-cpp/linux-$(node -p process.arch)"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 "$binaries@3.22.1" >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3

cat >vocabulary.py <<'PY'
import json
from tokenizers import Tokenizer

sentences = ['hello', 'दुनिया', 'தமிழ்', 'বাংলা', 'สวัสดี', 'école']
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
rest = [byte for byte in range(256) if byte not in printable]
character = lambda byte: chr(byte) if byte in printable else chr(256 + rest.index(byte))
tokens, merges = {character(byte): byte for byte in range(256)}, []
for word in sentences:
    left, *others = (character(byte) for byte in word.encode())
    for right in others:
        if [left, right] not in merges:
            merges.append([left, right])
        left += right
        tokens.setdefault(left, len(tokens))
start, upper, lower = r'[^\r\n\p{L}\p{N}]?', r'\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}', r'\p{Ll}\p{Lm}\p{Lo}\p{M}'
ending = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
pattern = (f'{start}[{upper}]*[{lower}]+{ending}|{start}[{upper}]+[{lower}]*{ending}'
           r'|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+')
byte_level = {'type': 'ByteLevel', 'add_prefix_space': False, 'trim_offsets': True, 'use_regex': False}
original = Tokenizer.from_str(json.dumps({
    'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': [], 'normalizer': None, 'post_processor': None,
    'decoder': byte_level,
    'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [
        {'type': 'Split', 'pattern': {'Regex': pattern}, 'behavior': 'Isolated', 'invert': False}, byte_level]},
    'model': {'type': 'BPE', 'dropout': None, 'unk_token': None, 'continuing_subword_prefix': None, 'end_of_word_suffix': None,
              'fuse_unk': False, 'byte_fallback': False, 'ignore_merges': True, 'vocab': tokens, 'merges': merges},
}))
json.dump({'tokens': list(tokens), 'merges': [' '.join(pair) for pair in merges],
           'sentences': [[word, len(original.encode(word).ids)] for word in sentences]}, open('vocabulary.json', 'w'))
PY
venv/bin/python vocabulary.py

cat >observe.mjs <<'JS'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const { tokens, merges, sentences } = JSON.parse(readFileSync('vocabulary.json', 'utf8'));
function write(path, preTokenizer) {
  const pairs = [
    pair('general.architecture', 8, text('llama')),
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => pair(`llama.${key}`, 4, number(32))),
    pair('llama.attention.layer_norm_rms_epsilon', 6, float(1e-5)),
    pair('tokenizer.ggml.model', 8, text('gpt2')),
    pair('tokenizer.ggml.pre', 8, text(preTokenizer)),
    pair('tokenizer.ggml.tokens', 9, list(8, tokens.map(text))),
    pair('tokenizer.ggml.token_type', 9, list(5, tokens.map(() => number(1)))),
    pair('tokenizer.ggml.merges', 9, list(8, merges.map(text))),
  ];
  writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), number(3), number(0, 8), number(pairs.length, 8), ...pairs]));
}
function encode(vocabulary, sentence) {
  const ids = new Int32Array(256);
  const count = tokenize(vocabulary, sentence, Buffer.byteLength(sentence), ids, ids.length, false, true);
  return [...ids.subarray(0, count)];
}

const names = ['gpt-4o', 'granite-embed-multi-97m'];
const vocabularies = names.map((name) => {
  write('vocabulary.gguf', name);
  return vocabularyOf(load('vocabulary.gguf', parameters));
});
for (const [word, original] of sentences) {
  const counts = vocabularies.map((vocabulary, index) => `${names[index]} ${encode(vocabulary, word).length}`);
  console.log(`${word}: original ${original}, ${counts.join(', ')}`);
}
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
hello: original 1, gpt-4o 1, granite-embed-multi-97m 1
दुनिया: original 1, gpt-4o 12, granite-embed-multi-97m 1
தமிழ்: original 1, gpt-4o 10, granite-embed-multi-97m 1
বাংলা: original 1, gpt-4o 9, granite-embed-multi-97m 1
สวัสดี: original 1, gpt-4o 10, granite-embed-multi-97m 1
école: original 1, gpt-4o 1, granite-embed-multi-97m 1
EXPECTED
echo 'as recorded'
