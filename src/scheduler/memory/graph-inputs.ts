import type { AttentionPart } from '../../gguf/block-kind.ts';
import type { MemoryLayout } from '../../gguf/memory-layout.ts';
import type { ComputeGraph, GraphTensor } from './compute-graph.ts';
import type { ContextShape } from './context-shape.ts';
import { isRotated } from './rotation.ts';

const FLOAT_BYTES = 4;
const HALF_BYTES = 2;
const INT_BYTES = 4;
const LONG_BYTES = 8;

interface InputSizes {
  readonly layout: MemoryLayout;
  readonly embeddingLength: number;
}

/** The positions where keys and values are stored, and the mask of the cells that each token sees. */
interface CacheInputs {
  readonly keyPlaces: GraphTensor;
  readonly valuePlaces: GraphTensor;
  readonly mask: GraphTensor;
}

/** The input tensors of each computation, in llama.cpp's order. */
export class GraphInputs {
  readonly tokens: GraphTensor;
  readonly positions: GraphTensor;
  /** Rotates keys before they are quantized. */
  readonly rotation: GraphTensor | undefined;
  /** False for encoders. */
  readonly hasCache: boolean;
  readonly states: GraphTensor;
  readonly pooling: GraphTensor;
  readonly outputs: GraphTensor;
  /** By whether the attention of the layers has a window. */
  readonly #caches = new Map<boolean, CacheInputs>();

  constructor(graph: ComputeGraph, { layout, embeddingLength }: InputSizes, shape: ContextShape) {
    const attentions = layout.kinds.flatMap(({ attention }) => attention ?? []);
    const { tokens } = shape;
    this.tokens = graph.input(tokens * INT_BYTES);
    // Embeddings instead of tokens. A text model never receives them, but llama.cpp reserves the memory anyway.
    graph.input(tokens * embeddingLength * FLOAT_BYTES);
    this.positions = graph.input(tokens * INT_BYTES);
    const rotated = attentions.find((attention) => isRotated(attention, shape));
    this.rotation = rotated && graph.input(rotated.headLength ** 2 * FLOAT_BYTES);
    this.hasCache = !layout.isEncoder;
    // Without flash attention, values are stored one element at a time.
    const elements = shape.flashAttention ? 1 : Math.max(1, ...attentions.map((part) => part.valueLength));
    const cells = this.hasCache ? shape.cells : tokens;
    for (const isWindowed of new Set(attentions.map((attention) => attention.isWindowed))) {
      this.#caches.set(isWindowed, {
        keyPlaces: graph.input(this.hasCache ? tokens * LONG_BYTES : 0),
        valuePlaces: graph.input(this.hasCache ? tokens * LONG_BYTES * elements : 0),
        mask: graph.input(tokens * cells * (shape.flashAttention ? HALF_BYTES : FLOAT_BYTES)),
      });
    }
    this.states = graph.input(shape.sequences * INT_BYTES);
    this.pooling = graph.input(shape.isEmbedding ? tokens * shape.sequences * FLOAT_BYTES : 0);
    this.outputs = graph.input(shape.outputs * INT_BYTES);
  }

  cacheOf({ isWindowed }: Pick<AttentionPart, 'isWindowed'>): CacheInputs {
    const none = this.positions;
    return this.#caches.get(isWindowed) ?? { keyPlaces: none, valuePlaces: none, mask: none };
  }
}
