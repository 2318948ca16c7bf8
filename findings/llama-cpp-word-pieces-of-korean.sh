#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 and linux-arm64 3.22.1 (npm), called with
# koffi 3.3.4; tokenizers 0.23.3 (PyPI). The script needs Linux.
#
# Behaviour: where a BERT vocabulary is uncased, llama.cpp replaces each character by the first part of its decomposition and
# drops the rest. For letters with accents that is the plain letter. A Korean syllable becomes its first consonant, so that
# many words become the same tokens. It also drops spacing marks, such as the vowels of Hindi and Bengali, which the original
# keeps because only non-spacing marks are accents.
#
# Expected instead: the tokens of the original, which takes a syllable apart into all of its letters.
#
# Why it matters: embeddings of different Korean words are equal, and searches in Korean, Hindi or Bengali find the wrong
# documents, with no hint in the file or the log.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
binaries="@node-llama-cpp/linux-$(node -p process.arch)"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 "$binaries@3.22.1" >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3

cat >original.py <<'PY'
import json
from tokenizers import Tokenizer

vocabulary = json.load(open('vocabulary.json'))
tokenizer = Tokenizer.from_str(json.dumps({
    'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': [], 'post_processor': None, 'decoder': None,
    'normalizer': {'type': 'BertNormalizer', 'clean_text': True, 'handle_chinese_chars': True, 'strip_accents': None, 'lowercase': True},
    'pre_tokenizer': {'type': 'BertPreTokenizer'},
    'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 100,
              'vocab': {token: id for id, token in enumerate(vocabulary['tokens'])}},
}))
for word in vocabulary['words']:
    print(f'original  {word}: {" ".join(tokenizer.encode(word).tokens)}')
PY

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
const letters = [...'cafe강ᄀᆨᅩहिनदन'];
const tokens = ['[UNK]', ...new Set(letters.flatMap((letter) => [letter, `##${letter}`]))];
const words = ['café', '강', '각', '공', 'हिन', 'हन'];
writeFileSync('vocabulary.json', JSON.stringify({ tokens, words }));
const pairs = [
    pair('general.architecture', 8, text('bert')),
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => pair(`bert.${key}`, 4, number(32))),
    pair('bert.attention.layer_norm_epsilon', 6, float(1e-5)),
  pair('tokenizer.ggml.model', 8, text('bert')),
  pair('tokenizer.ggml.tokens', 9, list(8, tokens.map((token) => text(token === '[UNK]' ? token : token.startsWith('##') ? token.slice(2) : `▁${token}`)))),
  pair('tokenizer.ggml.token_type', 9, list(5, tokens.map((_, id) => number(id === 0 ? 3 : 1)))),
  pair('tokenizer.ggml.unknown_token_id', 4, number(0)),
  pair('tokenizer.ggml.normalizer.lowercase', 7, Buffer.of(1)),
];
writeFileSync('vocabulary.gguf', Buffer.concat([Buffer.from('GGUF'), number(3), number(0, 8), number(pairs.length, 8), ...pairs]));
function encode(vocabulary, sentence) {
  const ids = new Int32Array(256);
  const count = tokenize(vocabulary, sentence, Buffer.byteLength(sentence), ids, ids.length, false, true);
  return [...ids.subarray(0, count)];
}

const vocabulary = vocabularyOf(load('vocabulary.gguf', parameters));
for (const word of words) console.log(`llama.cpp ${word}: ${encode(vocabulary, word).map((id) => tokens[id]).join(' ')}`);
process.exit();
JS
{ node observe.mjs; venv/bin/python original.py; } | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
llama.cpp café: c ##a ##f ##e
llama.cpp 강: ᄀ
llama.cpp 각: ᄀ
llama.cpp 공: ᄀ
llama.cpp हिन: ह ##न
llama.cpp हन: ह ##न
original  café: c ##a ##f ##e
original  강: ᄀ ##ᅡ ##ᆼ
original  각: ᄀ ##ᅡ ##ᆨ
original  공: ᄀ ##ᅩ ##ᆼ
original  हिन: ह ##ि ##न
original  हन: ह ##न
EXPECTED
echo 'as recorded'
