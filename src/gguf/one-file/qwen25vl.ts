import { metadataNumbers } from '../metadata.ts';
import type { OneFileFamily } from './family.ts';
import { clipNorm, flag, fourSections, lengthOf, u32 } from './values.ts';

const ARCHITECTURE = 'qwen25vl';
const USUAL_PATTERN = 8;
/** Pixels per side; the layout follows the picture, so this only sizes what is prepared ahead. */
const USUAL_SIZE = 560;

export const qwen25vl: OneFileFamily = {
  architectures: [ARCHITECTURE],
  vision: 'qwen2.5vl_merger',
  defaults: { ...clipNorm, 'clip.use_silu': flag(true), 'clip.vision.image_size': u32(USUAL_SIZE) },
  derive: (file) => {
    const [first] = metadataNumbers(file.metadata, `${ARCHITECTURE}.vision.fullatt_block_indexes`);
    return {
      'clip.vision.n_wa_pattern': u32(first === undefined ? USUAL_PATTERN : first + 1),
      'clip.vision.feed_forward_length': lengthOf(file, 'v.blk.0.ffn_up.weight', 1),
    };
  },
  renames: [
    [/^v\.merger\.ln_q\b/, 'v.post_ln'],
    [/^v\.merger\.mlp\.(\d)/, 'mm.$1'],
    [/^v\.patch_embd_0\.weight$/, 'v.patch_embd.weight'],
    [/^v\.patch_embd_1\.weight$/, 'v.patch_embd.weight.1'],
  ],
  text: {
    architecture: 'qwen2vl',
    derive: ({ metadata }, prefix) => ({
      [`${prefix}.rope.dimension_sections`]: fourSections(
        metadataNumbers(metadata, `${ARCHITECTURE}.rope.mrope_section`),
      ),
    }),
  },
};
