/** Bindings of ggml's operations on tensors: ggml/include/ggml.h of v0.5.0. Each adds a node and returns its tensor. */
import type { Bind, MaybePointer, Pointer } from '../native/bindings.ts';

type Unary = [Pointer, Pointer];
type Binary = [Pointer, Pointer, Pointer];

const unary = (bind: Bind, name: string) => bind<Unary, MaybePointer>(`void *ggml_${name}(void *, void *)`);
const binary = (bind: Bind, name: string) =>
  bind<Binary, MaybePointer>(`void *ggml_${name}(void *, void *, void *)`);

export type UnaryName =
  | 'cos'
  | 'exp'
  | 'gelu'
  | 'gelu_erf'
  | 'gelu_quick'
  | 'hardsigmoid'
  | 'hardswish'
  | 'log'
  | 'neg'
  | 'relu'
  | 'sigmoid'
  | 'silu'
  | 'sin'
  | 'softplus'
  | 'sqr'
  | 'sqrt'
  | 'sum_rows'
  | 'tanh'
  | 'transpose';

type BinaryName =
  | 'add'
  | 'cpy'
  | 'div'
  | 'geglu_erf_split'
  | 'geglu_quick_split'
  | 'geglu_split'
  | 'get_rows'
  | 'mul'
  | 'mul_mat'
  | 'ssm_conv'
  | 'sub'
  | 'swiglu_split';

/** Functions by name, each bound when it is first used. */
function lazily<Name extends string, Result>(make: (name: Name) => Result) {
  const bound = new Map<Name, Result>();
  return (name: Name): Result => {
    const found = bound.get(name) ?? make(name);
    bound.set(name, found);
    return found;
  };
}

const bindShapes = (bind: Bind) => ({
  cast: bind<[...Unary, number], MaybePointer>('void *ggml_cast(void *, void *, int)'),
  concat: bind<[...Binary, number], MaybePointer>('void *ggml_concat(void *, void *, void *, int)'),
  contAs: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_cont_4d(void *, void *, int64_t, int64_t, int64_t, int64_t)',
  ),
  reshape: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_reshape_4d(void *, void *, int64_t, int64_t, int64_t, int64_t)',
  ),
  repeat: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_repeat_4d(void *, void *, int64_t, int64_t, int64_t, int64_t)',
  ),
  permute: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_permute(void *, void *, int, int, int, int)',
  ),
  view: bind<[...Unary, number, number, number, number, number, number, number, number], MaybePointer>(
    'void *ggml_view_4d(void *, void *, int64_t, int64_t, int64_t, int64_t, size_t, size_t, size_t, size_t)',
  ),
  pad: bind<[...Unary, number, number, number, number, number, number, number, number], MaybePointer>(
    'void *ggml_pad_ext(void *, void *, int, int, int, int, int, int, int, int)',
  ),
  roll: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_roll(void *, void *, int, int, int, int)',
  ),
  interpolate: bind<[...Unary, number, number, number, number, number], MaybePointer>(
    'void *ggml_interpolate(void *, void *, int64_t, int64_t, int64_t, int64_t, uint32_t)',
  ),
});

const bindArithmetic = (bind: Bind) => ({
  norm: bind<[...Unary, number], MaybePointer>('void *ggml_norm(void *, void *, float)'),
  rmsNorm: bind<[...Unary, number], MaybePointer>('void *ggml_rms_norm(void *, void *, float)'),
  groupNorm: bind<[...Unary, number, number], MaybePointer>(
    'void *ggml_group_norm(void *, void *, int, float)',
  ),
  scale: bind<[...Unary, number, number], MaybePointer>(
    'void *ggml_scale_bias(void *, void *, float, float)',
  ),
  clamp: bind<[...Unary, number, number], MaybePointer>('void *ggml_clamp(void *, void *, float, float)'),
});

const bindAttention = (bind: Bind) => ({
  /** v0.5.0 has a newer name for it, which v0.4.0 lacks. */
  setAttentionPrecision: bind<[Pointer, number], void>('void ggml_flash_attn_ext_set_prec(void *, int)'),
  softMax: bind<[Pointer, Pointer, MaybePointer, number, number], MaybePointer>(
    'void *ggml_soft_max_ext(void *, void *, void *, float, float)',
  ),
  flashAttention: bind<
    [Pointer, Pointer, Pointer, Pointer, MaybePointer, number, number, number],
    MaybePointer
  >('void *ggml_flash_attn_ext(void *, void *, void *, void *, void *, float, float, float)'),
  rope: bind<
    [
      Pointer,
      Pointer,
      Pointer,
      MaybePointer,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ],
    MaybePointer
  >(
    'void *ggml_rope_ext(void *, void *, void *, void *, int, int, int, float, float, float, float, float, float)',
  ),
  ropeInSections: bind<
    [
      ...Binary,
      MaybePointer,
      number,
      Int32Array,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ],
    MaybePointer
  >(
    'void *ggml_rope_multi(void *, void *, void *, void *, int, int *, int, int, float, float, float, float, float, float)',
  ),
  ropeOffset: bind<[Pointer, number], MaybePointer>('void *ggml_rope_set_offset(void *, int)'),
  relativePositions: bind<[...Unary, number, number], MaybePointer>(
    'void *ggml_get_rel_pos(void *, void *, int, int)',
  ),
  addRelativePositions: bind<[Pointer, Pointer, Pointer, Pointer], MaybePointer>(
    'void *ggml_add_rel_pos(void *, void *, void *, void *)',
  ),
  windows: bind<[...Unary, number], MaybePointer>('void *ggml_win_part(void *, void *, int)'),
  joinWindows: bind<[...Unary, number, number, number], MaybePointer>(
    'void *ggml_win_unpart(void *, void *, int, int, int)',
  ),
});

const bindConvolutions = (bind: Bind) => ({
  im2col: bind<[...Binary, number, number, number, number, number, number, boolean, number], MaybePointer>(
    'void *ggml_im2col(void *, void *, void *, int, int, int, int, int, int, bool, int)',
  ),
  conv1d: bind<[...Binary, number, number, number], MaybePointer>(
    'void *ggml_conv_1d(void *, void *, void *, int, int, int)',
  ),
  conv1dDepthwise: bind<[...Binary, number, number, number], MaybePointer>(
    'void *ggml_conv_1d_dw(void *, void *, void *, int, int, int)',
  ),
  conv2d: bind<[...Binary, number, number, number, number, number, number], MaybePointer>(
    'void *ggml_conv_2d(void *, void *, void *, int, int, int, int, int, int)',
  ),
  conv2dDepthwise: bind<[...Binary, number, number, number, number, number, number], MaybePointer>(
    'void *ggml_conv_2d_dw(void *, void *, void *, int, int, int, int, int, int)',
  ),
  pool1d: bind<[...Unary, number, number, number, number], MaybePointer>(
    'void *ggml_pool_1d(void *, void *, int, int, int, int)',
  ),
  pool2d: bind<[...Unary, number, number, number, number, number, number, number], MaybePointer>(
    'void *ggml_pool_2d(void *, void *, int, int, int, int, int, float, float)',
  ),
});

export function bindOperations(bind: Bind) {
  return {
    unary: lazily((name: UnaryName) => unary(bind, name)),
    binary: lazily((name: BinaryName) => binary(bind, name)),
    ...bindShapes(bind),
    ...bindArithmetic(bind),
    ...bindAttention(bind),
    ...bindConvolutions(bind),
  };
}

export type Operations = ReturnType<typeof bindOperations>;
