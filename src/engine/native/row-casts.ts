/** Casts of rows by ggml's basic library. Signatures: ggml/include/ggml.h of v0.5.0. */

import { OllamaError } from '../../base/errors.ts';
import type { RowCasts } from '../../convert/tensors/row-casts.ts';
import { binder } from './bindings.ts';
import { type Libraries, loadBaseLibrary } from './libraries.ts';

type Row = [source: ArrayBufferView, target: ArrayBufferView, count: number];
type Chunk = [
  type: number,
  source: ArrayBufferView,
  target: ArrayBufferView,
  start: number,
  rows: number,
  length: number,
  importance: null,
];

/** ggml_type */
const Q8_0 = 8;

/**
 * Binds the casts, and tries each with numbers whose results are known.
 * @throws OllamaError `load-failed` when the library is missing or gives other results
 */
export function loadRowCasts(library: Libraries['ggmlBase'] = loadBaseLibrary()): RowCasts {
  const bind = binder(library);
  const bf16ToF32 = bind<Row, void>('void ggml_bf16_to_fp32_row(const void *, void *, int64_t)');
  const f16ToF32 = bind<Row, void>('void ggml_fp16_to_fp32_row(const void *, void *, int64_t)');
  const f32ToF16 = bind<Row, void>('void ggml_fp32_to_fp16_row(const void *, void *, int64_t)');
  // The faster function sets small numbers to zero on some processors.
  const f32ToBf16 = bind<Row, void>('void ggml_fp32_to_bf16_row_ref(const void *, void *, int64_t)');
  const quantize = bind<Chunk, number | bigint>(
    'size_t ggml_quantize_chunk(int, const void *, void *, int64_t, int64_t, int64_t, const void *)',
  );
  const casts: RowCasts = {
    bf16ToF32: (source, target, count) => bf16ToF32(source, target, count),
    f16ToF32: (source, target, count) => f16ToF32(source, target, count),
    f32ToF16: (source, target, count) => f32ToF16(source, target, count),
    f32ToBf16: (source, target, count) => f32ToBf16(source, target, count),
    f32ToQ8: (source, target, count) => void quantize(Q8_0, source, target, 0, 1, count, null),
  };
  checkCasts(casts);
  return casts;
}

/** Another version of the library must not write other numbers, or past the end of a row. */
function checkCasts(casts: RowCasts): void {
  const floats = new Float32Array(33);
  const words = new Uint16Array(33);
  const blocks = new Uint8Array(35);
  const numbers = Float32Array.from({ length: 32 }, (_, index) => 16 - index);
  casts.f32ToQ8(numbers, blocks, 32);
  const q8 = [blocks[0], blocks[1], blocks[2], blocks[17], blocks[18], blocks[33], blocks[34]];
  casts.f32ToF16(Float32Array.of(1.0004883, 65520, -(2 ** -24)), words, 3);
  const halves = [...words.subarray(0, 4)];
  casts.f32ToBf16(Float32Array.of(1.00390625, 1.01171875), words, 2);
  casts.bf16ToF32(Uint16Array.of(0x3f80, 0xc000), floats, 2);
  casts.f16ToF32(Uint16Array.of(0x3c00, 0xc000), floats.subarray(2), 2);
  const found = [...q8, ...halves, words[0], words[1], ...floats.subarray(0, 5)];
  const expected = [8, 0x30, 127, 8, 0, 137, 0, 0x3c00, 0x7c00, 0x8001, 0, 0x3f80, 0x3f82, 1, -2, 1, -2, 0];
  if (expected.every((value, index) => value === found[index])) return;
  const message = `the inference libraries cast numbers in another way than this program expects (${found.join(', ')})`;
  throw new OllamaError('load-failed', `${message}: run "npm ci" to install the pinned version`);
}
