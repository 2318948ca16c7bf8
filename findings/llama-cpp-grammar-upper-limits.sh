#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 3.22.1 (npm), called with koffi 3.3.4. The script
# needs Linux on x64.
#
# Behaviour: the parser of grammars has a limit of 2000 repetitions, and what it does beyond depends on the side. An upper
# limit of 2001 or more is taken for none, and nothing is logged: "x"{0,2000} allows at most 2000 times x, but
# "x"{0,2001}, "x"{0,5000} and "x"{1,5000} allow any number. A lower limit of 2001 or more is refused: "x"{2001} and
# "x"{5000,} are errors. The same counts, composed of smaller repetitions, are kept on both sides.
#
# Expected instead: both limits are kept, or both are refused.
#
# Why it matters: a grammar is what a caller relies on to bound an answer, and a JSON schema with "maxLength": 5000
# becomes such a repetition. llama.cpp drops the limit on purpose, for schemas whose "maxLength" stands for no limit. But
# where the limit is meant, a model that repeats itself fills the whole context inside one string, and the answer breaks a
# schema that was enforced. A test with a limit of 2000 says nothing about 2001. Whoever writes grammars has to split
# greater limits: "x"{0,2000} "x"{0,2000} "x"{0,1000}.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . koffi@3.3.4 @node-llama-cpp/linux-x64@3.22.1 >/dev/null

cat >observe.mjs <<'JS'
import { readdirSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';

// Opens llama.cpp.
const folder = 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/';
const open = (start) => koffi.load(folder + readdirSync(folder).find((name) => name.startsWith(start)), { global: true });
open('libggml-base.');
open('libggml.');
const llama = open('libllama.');
let logged = 0;
koffi.proto('void log(int level, const char *text, void *data)');
llama.func('void llama_log_set(log *, void *)')(koffi.register(() => { logged++; }, koffi.pointer('log')), null);
const fields = (type, ...names) => Object.fromEntries(names.map((name) => [name, type]));
koffi.struct('parameters', {
  ...fields('void *', 'devices', 'buffers'), ...fields('int32_t', 'layers', 'split', 'load', 'lazy', 'main'),
  ...fields('void *', 'tensors', 'progress', 'data', 'overrides'), ...fields('bool', 'vocabularyOnly', 'check', 'extra', 'host', 'alloc', 'mtp'),
});
koffi.struct('candidate', { token: 'int32_t', logit: 'float', probability: 'float' });
koffi.struct('candidates', { data: 'void *', size: 'size_t', selected: 'int64_t', sorted: 'bool' });
const load = llama.func('void *llama_model_load_from_file(const char *, parameters)');
const parse = llama.func('void *llama_sampler_init_grammar(void *, const char *, const char *)');
const apply = llama.func('void llama_sampler_apply(void *, candidates *)');
const accept = llama.func('void llama_sampler_accept(void *, int32_t)');
const free = llama.func('void llama_sampler_free(void *)');

// Writes a GGUF with the tokens "x" and "<|my_end|>" and no tensors.
const number = (value, bytes = 4) => { const data = Buffer.alloc(bytes); data.writeUIntLE(value, 0, Math.min(bytes, 6)); return data; };
const text = (value) => Buffer.concat([number(Buffer.byteLength(value), 8), Buffer.from(value)]);
const float = (value) => { const data = Buffer.alloc(4); data.writeFloatLE(value); return data; };
const pair = (key, type, value) => Buffer.concat([text(key), number(type), value]);
const list = (type, values) => Buffer.concat([number(type), number(values.length, 8), ...values]);
const pairs = [
  pair('general.architecture', 8, text('llama')),
  ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'attention.head_count'].map((key) => pair(`llama.${key}`, 4, number(32))),
  pair('llama.attention.layer_norm_rms_epsilon', 6, float(1e-5)),
  pair('tokenizer.ggml.model', 8, text('gpt2')),
  pair('tokenizer.ggml.pre', 8, text('gpt-2')),
  pair('tokenizer.ggml.tokens', 9, list(8, ['x', '<|my_end|>'].map(text))),
  pair('tokenizer.ggml.token_type', 9, list(5, [1, 3].map((type) => number(type)))),
  pair('tokenizer.ggml.merges', 9, list(8, [])),
  pair('tokenizer.ggml.eos_token_id', 4, number(1)),
];
writeFileSync('vocabulary.gguf', Buffer.concat([Buffer.from('GGUF'), number(3), number(0, 8), number(pairs.length, 8), ...pairs]));
const model = load('vocabulary.gguf', { ...llama.func('parameters llama_model_default_params()')(), vocabularyOnly: true });
const vocabulary = llama.func('void *llama_model_get_vocab(void *)')(model);

/** Whether a grammar allows a token at its present position. */
function allows(grammar, token) {
  const candidate = Buffer.alloc(12);
  candidate.writeInt32LE(token);
  apply(grammar, { data: candidate, size: 1, selected: -1, sorted: false });
  return candidate.readFloatLE(4) === 0;
}

/** How many times x a grammar allows; stops at 6000. */
function observe(expression) {
  logged = 0;
  const grammar = parse(vocabulary, `root ::= ${expression}`, 'root');
  if (!grammar) return 'refused';
  if (logged > 0) throw new Error(`${expression}: ${logged} messages in the log`);
  let count = 0;
  while (count < 6000 && allows(grammar, 0)) {
    accept(grammar, 0);
    count++;
  }
  if (!allows(grammar, 1)) throw new Error('the text may not end there');
  free(grammar);
  return count === 6000 ? '6000 times and more' : `at most ${count} times`;
}
for (const repetition of ['{0,1999}', '{0,2000}', '{0,2001}', '{0,5000}', '{1,5000}', '{2000}', '{2000,}', '{2001}', '{2001,}', '{5000}', '{5000,6000}'])
  console.log(`"x"${repetition}: ${observe(`"x"${repetition}`)}`);
for (const expression of ['"x"{0,2000} "x"{0,2000} "x"{0,1000}', '("x"{50}){100}']) console.log(`${expression}: ${observe(expression)}`);
process.exit();
JS
node observe.mjs 2>errors.txt | tee seen.txt
sed -n 's/^root ::= /written to standard error: /p' errors.txt | tee -a seen.txt

diff -u - seen.txt <<'EXPECTED'
"x"{0,1999}: at most 1999 times
"x"{0,2000}: at most 2000 times
"x"{0,2001}: 6000 times and more
"x"{0,5000}: 6000 times and more
"x"{1,5000}: 6000 times and more
"x"{2000}: at most 2000 times
"x"{2000,}: 6000 times and more
"x"{2001}: refused
"x"{2001,}: refused
"x"{5000}: refused
"x"{5000,6000}: refused
"x"{0,2000} "x"{0,2000} "x"{0,1000}: at most 5000 times
("x"{50}){100}: at most 5000 times
written to standard error: "x"{2001}
written to standard error: "x"{2001,}
written to standard error: "x"{5000}
written to standard error: "x"{5000,6000}
EXPECTED
echo 'as recorded'
