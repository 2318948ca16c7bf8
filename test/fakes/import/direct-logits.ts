/** What the engine's library computes from a file in full precision, without our batching, cache or server. */
import { Batch } from '../../../src/engine/batching/batch.ts';
import { callAsync, type Pointer } from '../../../src/engine/native/bindings.ts';
import { contextParams } from '../../../src/engine/native/context-params.ts';
import { loadWeights } from '../../../src/engine/native/load-weights.ts';
import { viewFloats } from '../../../src/engine/native/native-memory.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { bindings } from './native-engine.ts';

const CONTEXT_LENGTH = 64;
/** `ggml_type` of 32-bit floats: the cache must not round what is compared. */
const F32 = 0;

/**
 * Logits of the whole vocabulary after each token.
 * @param adapters files of adapters that apply with strength 1
 */
export async function directLogits(
  path: string,
  tokens: readonly number[],
  adapters: readonly string[] = [],
): Promise<Float32Array[]> {
  const { context, model } = await contextOf(path, { adapters });
  const width = bindings.vocabularySize(bindings.vocabulary(model));
  decode(context, tokens);
  const logits = tokens.map((_, index) => copyOf(bindings.logitsAt(context, index), width));
  bindings.freeContext(context);
  bindings.freeModel(model);
  return logits;
}

/** The vector of a text, of length 1, pooled as the file says. */
export async function directVector(
  path: string,
  tokens: readonly number[],
  adapters: readonly string[] = [],
): Promise<Float32Array> {
  const { context, model } = await contextOf(path, { adapters, embeddings: true });
  decode(context, tokens);
  const vector = copyOf(bindings.embeddingOf(context, 0), bindings.embeddingLength(model));
  bindings.freeContext(context);
  bindings.freeModel(model);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

interface Use {
  readonly adapters?: readonly string[];
  readonly embeddings?: boolean;
}

async function contextOf(path: string, { adapters = [], embeddings = false }: Use) {
  const options: LoadOptions = {
    modelPath: path,
    contextLength: CONTEXT_LENGTH,
    slots: 1,
    batchSize: CONTEXT_LENGTH,
    threads: 1,
    gpuLayers: 0,
    useMmap: true,
    flashAttention: 'off',
    kvCacheType: 'f16',
  };
  const model = await loadWeights(bindings, options, () => undefined);
  const loaded = adapters.map((adapter) => {
    const pointer = bindings.loadAdapter(model, adapter);
    if (pointer === null) throw new Error(`the engine does not load ${adapter}`);
    return pointer;
  });
  const params = contextParams(bindings, options, 1);
  params.n_batch = CONTEXT_LENGTH;
  params.n_ubatch = CONTEXT_LENGTH;
  params.n_outputs_max = CONTEXT_LENGTH;
  params.n_outputs_max_per_seq = CONTEXT_LENGTH;
  params.type_k = F32;
  params.type_v = F32;
  params.embeddings = embeddings;
  const context = await callAsync(bindings.createContext, model, params);
  if (context === null) throw new Error(`the engine makes no context of ${path}`);
  const strengths = Float32Array.from(loaded, () => 1);
  if (loaded.length > 0) bindings.setAdapters(context, BigUint64Array.from(loaded), loaded.length, strengths);
  return { model, context };
}

function decode(context: Pointer, tokens: readonly number[]): void {
  const batch = new Batch(tokens.length);
  for (const [index, token] of tokens.entries()) batch.add(token, index, 0, true);
  if (bindings.decode(context, batch.native) !== 0) throw new Error('llama_decode failed');
}

function copyOf(pointer: Pointer | null, width: number): Float32Array {
  if (pointer === null) throw new Error('the engine computed nothing');
  return Float32Array.from(viewFloats(pointer, width));
}
