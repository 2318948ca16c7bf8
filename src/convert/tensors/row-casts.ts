/** Casts of rows of numbers; `count` elements from the start of `source` to the start of `target`. */
export interface RowCasts {
  bf16ToF32(source: Uint16Array, target: Float32Array, count: number): void;
  f16ToF32(source: Uint16Array, target: Float32Array, count: number): void;
  /** Rounds to nearest even; what is too large becomes infinite. */
  f32ToF16(source: Float32Array, target: Uint16Array, count: number): void;
  /** Rounds to nearest even, and makes each NaN a quiet one. */
  f32ToBf16(source: Float32Array, target: Uint16Array, count: number): void;
  /** `count` is a multiple of 32. */
  f32ToQ8(source: Float32Array, target: Uint8Array, count: number): void;
}
