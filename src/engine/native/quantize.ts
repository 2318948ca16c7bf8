/** Runs llama.cpp's quantizer. */
import { MIB } from '../../base/units.ts';
import { nativePath } from '../../platform/windows/native-path.ts';
import type { QuantizeJob, TensorTypeOverride } from '../../protocol/quantize-job.ts';
import { type Bindings, callAsync, type Pointer } from './bindings.ts';
import { allocateUint8 } from './native-memory.ts';

/** Memory for rows of one tensor. llama.cpp's default of 8 GiB would exhaust a small machine. */
const BUFFER_BYTES = 256 * MIB;
/** Size of a `llama_model_tensor_override`: a pointer, a number and padding. */
const OVERRIDE_BYTES = 16;

/** @returns whether the file was quantized; if not, the log lines on standard error give the reason */
export async function quantizeFile(bindings: Bindings, job: QuantizeJob, threads: number): Promise<boolean> {
  const params = bindings.quantizeDefaultParams();
  params.nthread = threads;
  params.ftype = job.fileType;
  params.max_buf_size = BUFFER_BYTES;
  params.allow_requantize = job.requantize ?? false;
  if (job.overrides.length > 0) params.tt_overrides = encodeOverrides(job.overrides);
  return (
    (await callAsync(bindings.quantize, nativePath(job.inputPath), nativePath(job.outputPath), params)) === 0
  );
}

/** Encodes an array that ends with a null pattern. It is never freed because the process ends with the job. */
function encodeOverrides(overrides: readonly TensorTypeOverride[]): Pointer {
  const { pointer, view } = allocateUint8(OVERRIDE_BYTES * (overrides.length + 1));
  view.fill(0);
  const table = new DataView(view.buffer, view.byteOffset, view.byteLength);
  overrides.forEach(({ pattern, type }, index) => {
    table.setBigUint64(OVERRIDE_BYTES * index, encodeText(pattern), true);
    table.setInt32(OVERRIDE_BYTES * index + 8, type, true);
  });
  return pointer;
}

function encodeText(text: string): Pointer {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const { pointer, view } = allocateUint8(bytes.length);
  view.set(bytes);
  return pointer;
}
