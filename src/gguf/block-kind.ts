import type { BlockSource } from './block-source.ts';
import { type RecurrentPart, recurrentPart } from './recurrent-part.ts';
import { isWindowed } from './window-pattern.ts';

/** What one block computes, as far as it affects memory. Lengths are elements per token. */
export interface BlockKind {
  /** The block normalizes the sums after each part, not the parts' inputs. */
  readonly isPostNormed?: boolean;
  readonly attention?: AttentionPart;
  readonly recurrent?: RecurrentPart;
  readonly feedForward?: FeedForwardPart;
  readonly experts?: ExpertPart;
}

export interface AttentionPart {
  readonly heads: number;
  /** Elements of the query vectors of all heads. */
  readonly queryLength: number;
  /** Elements per token in the KV cache; 0 where the block uses another block's cache. */
  readonly keyLength: number;
  readonly valueLength: number;
  /** Elements of the outputs of all heads, before the output matrix. */
  readonly outputLength: number;
  /** Elements of the key vector of one head. */
  readonly headLength: number;
  /** Queries, keys and values share one matrix. */
  readonly isFused: boolean;
  readonly isWindowed: boolean;
  /** Set when keys and values are compressed into one vector (MLA). */
  readonly latent?: { readonly queryRank: number; readonly fullQueryLength: number; readonly rank: number };
}

export interface FeedForwardPart {
  readonly innerLength: number;
  /** `fused`: gate and up share one matrix. */
  readonly gate: 'own' | 'fused' | 'none';
}

export interface ExpertPart {
  readonly count: number;
  readonly used: number;
  readonly innerLength: number;
  readonly hasGate: boolean;
}

/** From this layer on, Gemma 3n uses the KV cache of earlier layers. */
const GEMMA3N_CACHES = 20;

export function blockKind(source: BlockSource): BlockKind {
  const attention = attentionPart(source);
  const recurrent = recurrentPart(source);
  const experts = expertPart(source);
  const feedForward = feedForwardPart(source);
  const isPostNormed = !source.shapes.has('attn_norm.weight');
  return {
    ...(isPostNormed && { isPostNormed }),
    ...(attention && { attention }),
    ...(recurrent && { recurrent }),
    ...(feedForward && { feedForward }),
    ...(experts && { experts }),
  };
}

/** A number that may differ between blocks. */
function ofBlock({ numbers, index }: BlockSource, key: string): number | undefined {
  const values = numbers(key);
  return values.length > 1 ? values[index] : values[0];
}

function outputLength({ shapes }: BlockSource, name: string): number | undefined {
  return shapes.get(name)?.[1];
}

function attentionPart(source: BlockSource): AttentionPart | undefined {
  const { number, shapes } = source;
  const names = ['attn_q.weight', 'attn_q_b.weight', 'attn_kv_a_mqa.weight'];
  // The gated delta net also has a matrix of this name, before its convolution.
  if (!shapes.has('ssm_conv1d.weight')) names.push('attn_qkv.weight');
  if (!names.some((name) => shapes.has(name))) return undefined;
  const heads = ofBlock(source, 'attention.head_count') ?? 0;
  const kvHeads = ofBlock(source, 'attention.head_count_kv') ?? heads;
  const windowed = isWindowed(source, source.index);
  const length = (name: string) =>
    (windowed ? number(`attention.${name}_length_swa`) : undefined) ??
    number(`attention.${name}_length`) ??
    Math.floor((number('embedding_length') ?? 0) / Math.max(1, heads));
  const [keyLength, valueLength] = [length('key'), length('value')];
  const latent = latentPart(source, heads);
  const hasCache = ownsCache(source);
  return {
    heads,
    queryLength: latent ? heads * keyLength : (outputLength(source, 'attn_q.weight') ?? heads * keyLength),
    keyLength: hasCache ? kvHeads * keyLength : 0,
    valueLength: hasCache && !latent ? kvHeads * valueLength : 0,
    outputLength: heads * (latent ? (number('attention.value_length_mla') ?? valueLength) : valueLength),
    headLength: keyLength,
    isFused: shapes.has('attn_qkv.weight'),
    isWindowed: windowed,
    ...(latent && { latent }),
  };
}

function latentPart({ number, shapes }: BlockSource, heads: number): AttentionPart['latent'] {
  const full = number('attention.key_length_mla');
  if (full === undefined || !shapes.has('attn_k_b.weight')) return undefined;
  return {
    queryRank: shapes.get('attn_q_a.weight')?.[1] ?? 0,
    fullQueryLength: heads * full,
    rank: number('attention.kv_lora_rank') ?? 0,
  };
}

/** Layers that predict further tokens are not computed, and some layers share the cache of others. */
function ownsCache({ architecture, number, index, count }: BlockSource): boolean {
  if (index >= count - (number('nextn_predict_layers') ?? 0)) return false;
  if (architecture === 'gemma3n') return index < GEMMA3N_CACHES;
  return index < count - (number('attention.shared_kv_layers') ?? 0);
}

function feedForwardPart(source: BlockSource): FeedForwardPart | undefined {
  const { shapes } = source;
  const name = shapes.has('ffn_up_shexp.weight') ? 'ffn_up_shexp.weight' : 'ffn_up.weight';
  const up = outputLength(source, name);
  if (up === undefined) return undefined;
  const inner = shapes.get('ffn_down.weight')?.[0] ?? up;
  if (name === 'ffn_up.weight' && up === 2 * inner) return { innerLength: inner, gate: 'fused' };
  return { innerLength: up, gate: shapes.has(name.replace('up', 'gate')) ? 'own' : 'none' };
}

function expertPart(source: BlockSource): ExpertPart | undefined {
  const { shapes } = source;
  const shape = shapes.get('ffn_up_exps.weight') ?? shapes.get('ffn_gate_up_exps.weight');
  if (!shape) return undefined;
  return {
    count: shape[2] ?? 1,
    used: ofBlock(source, 'expert_used_count') ?? 1,
    innerLength: shapes.get('ffn_down_exps.weight')?.[0] ?? shape[1] ?? 0,
    hasGate: shapes.has('ffn_gate_exps.weight') || shapes.has('ffn_gate_up_exps.weight'),
  };
}
