import type { Pass } from '../graph/program.ts';
import { type BlockOptions, type BlockWeights, blockPasses, blockWeights } from '../vision/blocks.ts';
import { applyNorm, norm } from '../vision/layers.ts';
import { rowPass } from '../vision/passes.ts';
import type { AudioSource } from './encoder.ts';

/** The transformer blocks of Whisper and its kin: layer norms, and a feed-forward network with an exact GELU. */
export class AudioBlocks {
  readonly #source: AudioSource;
  readonly #blocks: readonly BlockWeights[];
  readonly #lastNorm;

  constructor(source: AudioSource) {
    const { weights, facts } = source;
    this.#source = source;
    this.#blocks = Array.from({ length: facts.blocks }, (_, index) => blockWeights(weights, 'a', index));
    this.#lastNorm = norm(weights, 'a.post_ln');
  }

  /** The passes that replace the value `hidden` [width, rows]. @param others such as attention of another kind */
  passes(rows: number, others: Pick<BlockOptions, 'attend' | 'mask'> = {}): Pass[] {
    const { facts, flash } = this.#source;
    const { width, heads, eps } = facts;
    const options: BlockOptions = {
      rows,
      width,
      heads,
      headsKv: heads,
      eps,
      norm: 'layer',
      activation: 'gelu-erf',
      flash,
      ...others,
    };
    return this.#blocks.flatMap((weights) => blockPasses(weights, options));
  }

  /** The norm behind the last block. */
  normPass(name: string, from: string, rows: number): Pass {
    const { width, eps } = this.#source.facts;
    const sizes = { width, rows, work: 8 * width, widest: width };
    return rowPass(name, from, sizes, (graph, hidden) =>
      applyNorm(graph, 'layer', this.#lastNorm, eps, hidden),
    );
  }
}
