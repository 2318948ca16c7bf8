import type { BlockSource } from './block-source.ts';

/** A block with a state per sequence instead of, or in addition to, a KV cache. Lengths are elements. */
export interface RecurrentPart {
  readonly kind: 'mamba' | 'mamba2' | 'convolution' | 'delta' | 'rwkv';
  /** Output of the first matrix, per token. */
  readonly projectionLength: number;
  /** Channels of the convolution, per token. */
  readonly channels: number;
  /** Inner activations, per token. */
  readonly innerLength: number;
  /** Number of tokens in the convolution window. */
  readonly convolution: number;
  /** Per token: the rank of Mamba's time steps, then the whole vector that contains them. */
  readonly timeStepRank: number;
  readonly timeStepLength: number;
  /** State per sequence. */
  readonly convolutionState: number;
  readonly scanState: number;
}

/** Tokens of history that RWKV keeps per layer, unless the file states another number. */
const TOKEN_SHIFTS = 2;

export function recurrentPart(source: BlockSource): RecurrentPart | undefined {
  const { shapes } = source;
  if (shapes.has('shortconv.in_proj.weight')) return shortConvolution(source);
  if (shapes.has('ssm_conv1d.weight')) return stateSpace(source);
  return shapes.has('time_mix_key.weight') ? receptance(source) : undefined;
}

function shortConvolution({ number, shapes }: BlockSource): RecurrentPart {
  const projectionLength = shapes.get('shortconv.in_proj.weight')?.[1] ?? 0;
  const embedding = projectionLength / 3;
  const convolution = number('shortconv.l_cache') ?? 1;
  return {
    kind: 'convolution',
    projectionLength,
    channels: embedding,
    innerLength: embedding,
    convolution,
    timeStepRank: 0,
    timeStepLength: 0,
    convolutionState: embedding * (convolution - 1),
    scanState: 0,
  };
}

/** Both forms of Mamba, and the gated delta net, which uses the same names. */
function stateSpace({ number, shapes }: BlockSource): RecurrentPart {
  const inner = number('ssm.inner_size') ?? 0;
  const state = number('ssm.state_size') ?? 0;
  const convolution = number('ssm.conv_kernel') ?? 1;
  const channels = inner + 2 * (number('ssm.group_count') ?? 0) * state;
  const first = shapes.has('ssm_x.weight');
  const projections = ['ssm_in.weight', 'attn_qkv.weight', 'attn_gate.weight'];
  return {
    kind: first ? 'mamba' : shapes.has('ssm_in.weight') ? 'mamba2' : 'delta',
    projectionLength: projections.reduce((sum, name) => sum + (shapes.get(name)?.[1] ?? 0), 0),
    channels: first ? inner : channels,
    innerLength: inner,
    convolution,
    timeStepRank: number('ssm.time_step_rank') ?? 0,
    timeStepLength: shapes.get('ssm_x.weight')?.[1] ?? 0,
    convolutionState: (convolution - 1) * channels,
    scanState: state * inner,
  };
}

function receptance({ number }: BlockSource): RecurrentPart {
  const embedding = number('embedding_length') ?? 0;
  return {
    kind: 'rwkv',
    projectionLength: embedding,
    channels: embedding,
    innerLength: embedding,
    convolution: 1,
    timeStepRank: 0,
    timeStepLength: 0,
    convolutionState: (number('token_shift_count') ?? TOKEN_SHIFTS) * embedding,
    scanState: embedding * (number('wkv.head_size') ?? 0),
  };
}
