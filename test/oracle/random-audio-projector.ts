import { writeGguf } from '../../src/gguf/writer.ts';
import { f32, flag, randomTensors, text, u32 } from './random-projector.ts';

/** An encoder of sound with random weights: small, and of the shapes that its family has. */
export interface RandomAudioProjector {
  readonly type: string;
  readonly melBins: number;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly feedForward: number;
  readonly rowWidth: number;
  readonly stackFactor?: number;
  /** Tensors beside those of the blocks. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

const F16 = 1;
const EPS = 1e-5;

/** Writes an mmproj file. Equal projectors give equal files. */
export async function writeRandomAudioProjector(
  path: string,
  projector: RandomAudioProjector,
): Promise<void> {
  const tensors = randomTensors({ ...blockShapes(projector), ...projector.tensors }, F16);
  const { type, melBins, width, heads, blocks, feedForward, rowWidth, stackFactor } = projector;
  const metadata = {
    'general.architecture': text('clip'),
    'clip.has_audio_encoder': flag(true),
    'clip.projector_type': text(type),
    'clip.use_gelu': flag(true),
    'clip.audio.num_mel_bins': u32(melBins),
    'clip.audio.embedding_length': u32(width),
    'clip.audio.feed_forward_length': u32(feedForward),
    'clip.audio.projection_dim': u32(rowWidth),
    'clip.audio.block_count': u32(blocks),
    'clip.audio.attention.head_count': u32(heads),
    'clip.audio.attention.layer_norm_epsilon': f32(EPS),
    ...(stackFactor !== undefined && { 'clip.audio.projector.stack_factor': u32(stackFactor) }),
  };
  await writeGguf(path, { metadata, tensors });
}

/** The blocks of Whisper, whose keys have no bias. */
function blockShapes({ width, feedForward, blocks }: RandomAudioProjector) {
  const shapes: Record<string, readonly number[]> = {
    'a.post_ln.weight': [width],
    'a.post_ln.bias': [width],
  };
  for (let block = 0; block < blocks; block++) {
    const add = (name: string, shape: readonly number[]) => {
      shapes[`a.blk.${block}.${name}`] = shape;
    };
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_out']) add(`${name}.weight`, [width, width]);
    for (const name of ['attn_q', 'attn_v', 'attn_out']) add(`${name}.bias`, [width]);
    for (const name of ['ln1', 'ln2']) {
      add(`${name}.weight`, [width]);
      add(`${name}.bias`, [width]);
    }
    add('ffn_up.weight', [width, feedForward]);
    add('ffn_up.bias', [feedForward]);
    add('ffn_down.weight', [feedForward, width]);
    add('ffn_down.bias', [width]);
  }
  return shapes;
}
