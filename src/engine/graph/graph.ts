import { elementTypes } from './ggml.ts';
import { GraphBase, isPlain, misfit } from './graph-base.ts';
import type { Operations, UnaryName } from './operation-bindings.ts';
import type { Tensor } from './tensor.ts';

/** enum ggml_op_pool */
const pools = { max: 0, average: 1 } as const;
/** enum ggml_scale_mode */
export const interpolations = { nearest: 0, bilinear: 1, bicubic: 2 } as const;
/** enum ggml_scale_flag, added to an interpolation */
export const interpolationFlags = { alignCorners: 1 << 8, antialias: 1 << 9 } as const;
/** How rotary positions pair up the values of a head: GGML_ROPE_TYPE_* */
export const ropeModes = { adjacent: 0, halves: 2, sections: 8, picture: 24, interleaved: 40 } as const;
/** enum ggml_prec */
const PRECISION_F32 = 10;

export type Activation = 'gelu' | 'gelu-erf' | 'quick-gelu' | 'silu' | 'relu-squared';

export interface Rope {
  /** Number of values of a head that are rotated. */
  readonly values: number;
  readonly mode: number;
  readonly base: number;
  /** Factor of the positions. */
  readonly scale?: number;
  /** Number of pairs for each of the four parts of a position; absent = a position has one part. */
  readonly sections?: readonly [number, number, number, number];
}

/** Stride, padding and dilation of a convolution, in both directions. */
export interface Sliding {
  readonly stride: number;
  readonly padding?: number;
  readonly dilation?: number;
}

export interface Attention {
  /** Factor of the scores before the softmax. */
  readonly scale: number;
  /** Added to the scores: [keys, queries]; -Infinity hides a key from a query. */
  readonly mask?: Tensor;
}

/** A graph under construction, with all operations that encoders use. Shapes: the contiguous dimension first. */
export class Graph extends GraphBase {
  /** `weights` [in, out] times rows [in, n]: [out, n]. Dimensions 2 and 3 of `rows` may be multiples of those of `weights`. */
  matmul(weights: Tensor, rows: Tensor): Tensor {
    const [inputs, , third, fourth] = weights.shape;
    const fits = inputs === rows.shape[0] && rows.shape[2] % third === 0 && rows.shape[3] % fourth === 0;
    if (!fits || weights.strides[0] > weights.strides[1]) throw misfit('mul_mat', weights, rows);
    return this.make((context) => this.operations.binary('mul_mat')(context, weights.pointer, rows.pointer));
  }

  /** `matmul`, then the bias if there is one. */
  linear(weights: Tensor, bias: Tensor | undefined, rows: Tensor): Tensor {
    const result = this.matmul(weights, rows);
    return bias ? this.add(result, bias) : result;
  }

  /** Element by element; `b` is repeated over `a`. */
  add(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('add', a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('sub', a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('mul', a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.#elementwise('div', a, b);
  }

  #elementwise(name: 'add' | 'sub' | 'mul' | 'div', a: Tensor, b: Tensor): Tensor {
    if (a.shape.some((length, axis) => length % (b.shape[axis] ?? 1) !== 0)) throw misfit(name, a, b);
    const [first, second] = [this.floats(a).pointer, this.floats(b).pointer];
    return this.make((context) => this.operations.binary(name)(context, first, second));
  }

  unary(name: UnaryName, a: Tensor): Tensor {
    return this.make((context) => this.operations.unary(name)(context, a.pointer));
  }

  scale(a: Tensor, factor: number, bias = 0): Tensor {
    return this.make((context) => this.operations.scale(context, a.pointer, factor, bias));
  }

  clamp(a: Tensor, least: number, most: number): Tensor {
    return this.make((context) => this.operations.clamp(context, a.pointer, least, most));
  }

  /** Mean 0 and variance 1 along dimension 0. */
  norm(a: Tensor, eps: number): Tensor {
    const floats = this.floats(a).pointer;
    return this.make((context) => this.operations.norm(context, floats, eps));
  }

  /** Mean of the squares 1 along dimension 0. */
  rmsNorm(a: Tensor, eps: number): Tensor {
    const floats = this.floats(a).pointer;
    return this.make((context) => this.operations.rmsNorm(context, floats, eps));
  }

  activation(kind: Activation, a: Tensor): Tensor {
    if (kind === 'relu-squared') return this.unary('sqr', this.unary('relu', a));
    const names = { gelu: 'gelu', 'gelu-erf': 'gelu_erf', 'quick-gelu': 'gelu_quick', silu: 'silu' } as const;
    return this.unary(names[kind], a);
  }

  /** Activation of `a`, times `b`. */
  gated(kind: Exclude<Activation, 'relu-squared'>, a: Tensor, b: Tensor): Tensor {
    const names = {
      gelu: 'geglu_split',
      'gelu-erf': 'geglu_erf_split',
      'quick-gelu': 'geglu_quick_split',
      silu: 'swiglu_split',
    } as const;
    if (String(a) !== String(b)) throw misfit(names[kind], a, b);
    return this.make((context) => this.operations.binary(names[kind])(context, a.pointer, b.pointer));
  }

  /** Softmax along dimension 0. */
  softMax(a: Tensor, { scale, mask }: Attention): Tensor {
    if (mask && (mask.shape[0] !== a.shape[0] || mask.shape[1] < a.shape[1]))
      throw misfit('soft_max', a, mask);
    return this.make((context) =>
      this.operations.softMax(context, a.pointer, mask?.pointer ?? null, scale, 0),
    );
  }

  /**
   * Attention in one operation.
   * @param query [head, queries, heads]
   * @param key and value: [head, keys, heads], f16
   * @returns [head, heads, queries]
   */
  flashAttention(query: Tensor, key: Tensor, value: Tensor, { scale, mask }: Attention): Tensor {
    if (
      query.shape[0] !== key.shape[0] ||
      query.shape[2] % key.shape[2] !== 0 ||
      key.shape[1] !== value.shape[1]
    )
      throw misfit('flash_attn_ext', query, key, value);
    const half = mask && this.cast(mask, elementTypes.f16);
    const result = this.make((context) =>
      this.operations.flashAttention(
        context,
        query.pointer,
        key.pointer,
        value.pointer,
        half?.pointer ?? null,
        scale,
        0,
        0,
      ),
    );
    this.operations.setAttentionPrecision(result.pointer, PRECISION_F32);
    return result;
  }

  /**
   * Rotates pairs of values of each head by the position.
   * @param a [head, heads, rows]
   * @param positions i32, one per row, or four times as many (all of the first part, then of the second, …) with sections
   */
  rope(a: Tensor, positions: Tensor, { values, mode, base, scale = 1, sections }: Rope): Tensor {
    const parts = sections ? 4 : 1;
    if (positions.elements !== a.shape[2] * parts || values > a.shape[0] || values % 2 !== 0)
      throw misfit('rope', a, positions);
    const common = [mode, 0, base, scale, 0, 1, 0, 0] as const;
    return this.make((context) =>
      sections
        ? this.operations.ropeInSections(
            context,
            a.pointer,
            positions.pointer,
            null,
            values,
            Int32Array.from(sections),
            ...common,
          )
        : this.operations.rope(context, a.pointer, positions.pointer, null, values, ...common),
    );
  }

  /** Makes a rotation begin at a value of the head instead of the first. */
  ropeOffset(rotated: Tensor, first: number): Tensor {
    this.operations.ropeOffset(rotated.pointer, first);
    return rotated;
  }

  /** Convolution over [width, height, channels] with a kernel [kw, kh, channels, out]: [width', height', out]. */
  conv2d(kernel: Tensor, a: Tensor, sliding: Sliding): Tensor {
    if (kernel.shape[2] !== a.shape[2] || !isPlain(kernel)) throw misfit('conv_2d', kernel, a);
    return this.#slideInPlane(this.operations.conv2d, kernel, a, sliding);
  }

  /** The same with one kernel [kw, kh, 1, channels] per channel. */
  conv2dDepthwise(kernel: Tensor, a: Tensor, sliding: Sliding): Tensor {
    if (kernel.shape[3] !== a.shape[2] || !isPlain(kernel)) throw misfit('conv_2d_dw', kernel, a);
    return this.#slideInPlane(this.operations.conv2dDepthwise, kernel, a, sliding);
  }

  #slideInPlane(
    operation: Operations['conv2d'],
    kernel: Tensor,
    a: Tensor,
    { stride, padding = 0, dilation = 1 }: Sliding,
  ): Tensor {
    const tensorsInside = 8;
    const places = [stride, stride, padding, padding, dilation, dilation] as const;
    return this.make((context) => operation(context, kernel.pointer, a.pointer, ...places), tensorsInside);
  }

  /** Convolution over [length, channels] with a kernel [k, channels, out]: [length', out]. */
  conv1d(kernel: Tensor, a: Tensor, sliding: Sliding): Tensor {
    if (kernel.shape[1] !== a.shape[1] || !isPlain(kernel)) throw misfit('conv_1d', kernel, a);
    return this.#slideInLine(this.operations.conv1d, kernel, a, sliding);
  }

  conv1dDepthwise(kernel: Tensor, a: Tensor, sliding: Sliding): Tensor {
    if (kernel.shape[2] !== a.shape[1] || !isPlain(kernel)) throw misfit('conv_1d_dw', kernel, a);
    return this.#slideInLine(this.operations.conv1dDepthwise, kernel, a, sliding);
  }

  #slideInLine(
    operation: Operations['conv1d'],
    kernel: Tensor,
    a: Tensor,
    { stride, padding = 0, dilation = 1 }: Sliding,
  ): Tensor {
    const tensorsInside = 6;
    const places = [stride, padding, dilation] as const;
    return this.make((context) => operation(context, kernel.pointer, a.pointer, ...places), tensorsInside);
  }

  /** `conv2d` without rounding the pixels to 16 bits, unless the kernel has no more. */
  conv2dExact(kernel: Tensor, a: Tensor, { stride, padding = 0 }: Sliding): Tensor {
    const type = kernel.type === elementTypes.f16 ? elementTypes.f16 : elementTypes.f32;
    const under = this.im2col(kernel, a, { stride, padding }, type);
    const [values, columns, lines, count] = under.shape;
    const [width, height, channels, outputs] = kernel.shape;
    const flat = this.reshape(kernel, width * height * channels, outputs);
    const result = this.matmul(this.reshape(under, values, columns * lines * count), flat);
    return this.cont(this.permute(this.reshape(result, columns, lines, count, outputs), 0, 1, 3, 2));
  }

  /**
   * Convolution of each channel with its own past: [length + k - 1, channels] with a kernel [k, channels] becomes
   * [channels, length].
   */
  causalConv1d(kernel: Tensor, a: Tensor): Tensor {
    if (kernel.shape[1] !== a.shape[1] || a.shape[0] < kernel.shape[0]) throw misfit('ssm_conv', kernel, a);
    return this.make((context) => this.operations.binary('ssm_conv')(context, a.pointer, kernel.pointer));
  }

  /** The values under each place of a kernel, as rows: [kw x kh x channels, width', height']. */
  im2col(
    kernel: Tensor,
    a: Tensor,
    { stride, padding = 0 }: Sliding,
    type: number = elementTypes.f32,
  ): Tensor {
    if (kernel.shape[2] !== a.shape[2] || !isPlain(kernel)) throw misfit('im2col', kernel, a);
    return this.make((context) =>
      this.operations.im2col(
        context,
        kernel.pointer,
        a.pointer,
        stride,
        stride,
        padding,
        padding,
        1,
        1,
        true,
        type,
      ),
    );
  }

  /** Means over squares of `size` x `size` in the first two dimensions. */
  averagePool2d(a: Tensor, width: number, height = width): Tensor {
    if (a.shape[0] < width || a.shape[1] < height) throw misfit('pool_2d', a, [width, height]);
    return this.make((context) =>
      this.operations.pool2d(context, a.pointer, pools.average, width, height, width, height, 0, 0),
    );
  }

  averagePool1d(a: Tensor, size: number): Tensor {
    return this.make((context) => this.operations.pool1d(context, a.pointer, pools.average, size, size, 0));
  }

  /**
   * Resizes the first two dimensions.
   * @param mode one of `interpolations`, with `interpolationFlags` added
   * @param channels length of the third dimension, if it changes too
   */
  interpolate(a: Tensor, width: number, height: number, mode: number, channels = a.shape[2]): Tensor {
    const floats = this.floats(a).pointer;
    return this.make((context) =>
      this.operations.interpolate(context, floats, width, height, channels, a.shape[3], mode),
    );
  }
}
