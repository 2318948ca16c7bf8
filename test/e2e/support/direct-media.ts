/** Completions of prompts with rows, from plain calls of llama.cpp in order: what the engine's must equal. */
import { Batch } from '../../../src/engine/batching/batch.ts';
import { RowBatch } from '../../../src/engine/batching/row-batch.ts';
import { loadModel } from '../../../src/engine/loaded-model.ts';
import { type Bindings, bindFunctions } from '../../../src/engine/native/bindings.ts';
import { loadLibraries } from '../../../src/engine/native/libraries.ts';
import { viewFloats } from '../../../src/engine/native/native-memory.ts';
import { silence } from '../../fakes/models/sampler-fixture.ts';
import type { GivenPiece } from './media-engine.ts';

export interface DirectSetup {
  readonly modelPath: string;
  readonly rowWidth: number;
  readonly isBidirectional: boolean;
  /** Whether positions have four parts. */
  readonly hasGrid: boolean;
}

export type DirectPart = readonly number[] | GivenPiece;

export interface DirectAnswer {
  readonly tokens: number[];
  readonly logprobs: number[];
}

/** All of a part is one call here. */
const MOST_TOKENS = 256;

/** The libraries are loaded once in a process. */
let bound: Bindings | undefined;

function bind(): Bindings {
  const libraries = loadLibraries();
  silence(libraries);
  return bindFunctions(libraries);
}

/** Loads a model for calls in order. @param outputs which results of a call are wanted */
async function openDirect(setup: DirectSetup, outputs: 'last' | 'all') {
  const { modelPath, rowWidth, isBidirectional, hasGrid } = setup;
  bound ??= bind();
  const bindings = bound;
  const options = {
    ...{
      modelPath,
      contextLength: 512,
      slots: 1,
      batchSize: MOST_TOKENS,
      threads: 1,
      gpuLayers: 0,
      useMmap: true,
    },
    ...({ flashAttention: 'auto', kvCacheType: 'f16' } as const),
  };
  const { context, tokenizer } = await loadModel(bindings, options, {
    onProgress: () => undefined,
    onDrafts: () => undefined,
    functions: { prediction: undefined, eagle: undefined, onLayout: () => undefined },
    loadProjector: () => Promise.reject(new Error('no encoder')),
  });
  const memory = bindings.memory(context);
  if (memory === null) throw new Error('the context has no memory');
  const batch = new Batch(MOST_TOKENS);
  const rowBatch = new RowBatch(MOST_TOKENS, rowWidth);

  const decode = (native: typeof batch.native) => {
    if (bindings.decode(context, native) !== 0) throw new Error('llama_decode failed');
  };
  const decodeTokens = (tokens: readonly number[], position: number) => {
    batch.clear();
    for (const [index, token] of tokens.entries())
      batch.add(token, position + index, 0, outputs === 'all' || index === tokens.length - 1);
    decode(batch.native);
    return position + tokens.length;
  };
  const decodeRows = ({ piece, data }: GivenPiece, position: number) => {
    const rows = new Float32Array(Uint8Array.from(data).buffer);
    rowBatch.fill(
      rows,
      Int32Array.from(positionsOf(piece, position, hasGrid)),
      0,
      outputs === 'all' ? piece.tokens : 1,
    );
    if (isBidirectional) bindings.setCausal(context, false);
    decode(rowBatch.native);
    if (isBidirectional) bindings.setCausal(context, true);
    return position + (hasGrid && piece.grid ? Math.max(piece.grid.columns, piece.grid.lines) : piece.tokens);
  };

  const decodePart = (part: DirectPart, position: number) =>
    'piece' in part ? decodeRows(part, position) : decodeTokens(part, position);
  const clear = () => bindings.memoryRemove(memory, 0, -1, -1);
  return { bindings, context, tokenizer, decodePart, decodeTokens, clear };
}

const lengthOf = (part: DirectPart) => ('piece' in part ? part.piece.tokens : part.length);

/** @returns completes a prompt with the likeliest tokens */
export async function loadDirectMedia(setup: DirectSetup) {
  const { bindings, context, tokenizer, decodePart, decodeTokens, clear } = await openDirect(setup, 'last');

  /** Computes a prompt. @returns the index of its last output, and the position that follows */
  const decodeParts = (parts: readonly DirectPart[]) => {
    let position = 0;
    let last = 0;
    for (const part of parts) {
      position = decodePart(part, position);
      last = lengthOf(part) - 1;
    }
    return { last, position };
  };
  const logitsAt = (index: number) => {
    const pointer = bindings.logitsAt(context, index);
    if (pointer === null) throw new Error('no logits');
    return viewFloats(pointer, tokenizer.size);
  };

  return (parts: readonly DirectPart[], most: number): DirectAnswer => {
    clear();
    let { last, position } = decodeParts(parts);
    const answer: DirectAnswer = { tokens: [], logprobs: [] };
    while (answer.tokens.length < most) {
      const logits = logitsAt(last);
      const token = logits.indexOf(Math.max(...logits));
      if (tokenizer.isEndOfGeneration(token)) break;
      answer.tokens.push(token);
      answer.logprobs.push(logSoftmax(logits, token));
      position = decodeTokens([token], position);
      last = 0;
    }
    return answer;
  };
}

/**
 * For an embedding model.
 * @param length number of values in a vector
 * @returns the vector of each part of an input, pooled over its tokens, with the parts in front in the KV cache
 */
export async function loadDirectEmbeddings(setup: DirectSetup, length: number) {
  const { bindings, context, decodePart, clear } = await openDirect(setup, 'all');
  return (parts: readonly DirectPart[]): { readonly vector: Float32Array; readonly tokens: number }[] => {
    clear();
    let position = 0;
    return parts.map((part) => {
      position = decodePart(part, position);
      const pointer = bindings.embeddingOf(context, 0);
      if (pointer === null) throw new Error('no embedding');
      return { vector: Float32Array.from(viewFloats(pointer, length)), tokens: lengthOf(part) };
    });
  };
}

/** The positions of a piece: `t`, line, column and 0 of each row, part by part; those of a line are equal. */
function positionsOf({ tokens, grid }: GivenPiece['piece'], start: number, hasGrid: boolean): number[] {
  const indexes = Array.from({ length: tokens }, (_, index) => index);
  const line = indexes.map((index) => start + index);
  if (!hasGrid) return line;
  if (!grid) return [line, line, line, line].flat();
  return [
    ...indexes.map(() => start),
    ...indexes.map((index) => start + (index - (index % grid.columns)) / grid.columns),
    ...indexes.map((index) => start + (index % grid.columns)),
    ...indexes.map(() => 0),
  ];
}

function logSoftmax(logits: Float32Array, token: number): number {
  const highest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return (logits[token] ?? Number.NaN) - highest - Math.log(sum);
}
