/** Log probabilities computed from the engine's logits without batching, cache or server: what scores must equal. */
import { Batch } from '../../../src/engine/batching/batch.ts';
import { type LoadedModel, loadModel } from '../../../src/engine/loaded-model.ts';
import { type Bindings, bindFunctions } from '../../../src/engine/native/bindings.ts';
import { loadLibraries } from '../../../src/engine/native/libraries.ts';
import { viewFloats } from '../../../src/engine/native/native-memory.ts';
import { silence } from '../../fakes/models/sampler-fixture.ts';

export interface DirectModel {
  readonly tokenize: (text: string) => number[];
  /**
   * For each token after the first, the log-softmax of its logit after all tokens before it.
   * @param chunk number of tokens per decode, at most 16
   */
  readonly logprobs: (tokens: readonly number[], chunk: number) => number[];
}

export async function loadDirectModel(modelPath: string, contextLength: number): Promise<DirectModel> {
  const libraries = loadLibraries();
  silence(libraries);
  const bindings = bindFunctions(libraries);
  const options = {
    modelPath,
    contextLength,
    slots: 1,
    batchSize: 16,
    // More threads than idle processors wait for one another.
    threads: 1,
    gpuLayers: 0,
    useMmap: true,
    flashAttention: 'auto',
    kvCacheType: 'f16',
  } as const;
  const model = await loadModel(bindings, options, {
    onProgress: () => undefined,
    onDrafts: () => undefined,
    functions: { prediction: undefined, eagle: undefined, onLayout: () => undefined },
    loadProjector: () => Promise.reject(new Error('no encoder')),
  });
  return {
    tokenize: (text) => model.tokenizer.tokenize(text, true, true),
    logprobs: (tokens, chunk) => logprobsOf(bindings, model, tokens, chunk),
  };
}

function logprobsOf(
  bindings: Bindings,
  { context, tokenizer }: LoadedModel,
  tokens: readonly number[],
  chunk: number,
): number[] {
  const memory = bindings.memory(context);
  if (memory === null) throw new Error('the context has no memory');
  bindings.memoryRemove(memory, 0, -1, -1);
  const batch = new Batch(chunk);
  const found: number[] = [];
  for (let start = 0; start < tokens.length - 1; start += chunk) {
    const part = tokens.slice(start, Math.min(start + chunk, tokens.length - 1));
    batch.clear();
    for (const [index, token] of part.entries()) batch.add(token, start + index, 0, true);
    if (bindings.decode(context, batch.native) !== 0) throw new Error('llama_decode failed');
    for (const index of part.keys()) {
      const pointer = bindings.logitsAt(context, index);
      if (pointer === null) throw new Error('no logits');
      const next = tokens[start + index + 1] ?? -1;
      found.push(logSoftmax(Float64Array.from(viewFloats(pointer, tokenizer.size)), next));
    }
  }
  return found;
}

function logSoftmax(logits: Float64Array, token: number): number {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return (logits[token] ?? Number.NaN) - highest - Math.log(sum);
}
