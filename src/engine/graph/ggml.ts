/**
 * Typed bindings of the ggml functions that graphs need beside their operations: contexts, backends, buffers and the
 * scheduler over backends. Signatures: ggml/include/ggml.h and ggml-backend.h of v0.5.0.
 */
import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import { type Bind, binder, type InitParams, type MaybePointer, type Pointer } from '../native/bindings.ts';
import type { Libraries } from '../native/libraries.ts';
import { initParamsType } from '../native/structs.ts';
import { bindOperations } from './operation-bindings.ts';

/** enum ggml_type, as far as graphs create tensors of a type. */
export const elementTypes = { f32: 0, f16: 1, i32: 26, bf16: 30 } as const;
/** enum ggml_status */
export const statuses = { success: 0, aborted: 1 } as const;
/** enum ggml_backend_buffer_usage */
export const bufferUsages = { weights: 1, compute: 2 } as const;

const bindContexts = (bind: Bind) => ({
  init: bind<[InitParams], MaybePointer>('void *ggml_init(ggml_init_params)'),
  free: bind<[Pointer], void>('void ggml_free(void *)'),
  reset: bind<[Pointer], void>('void ggml_reset(void *)'),
  memoryOf: bind<[Pointer], Pointer>('void *ggml_get_mem_buffer(void *)'),
  memorySize: bind<[Pointer], number | bigint>('size_t ggml_get_mem_size(void *)'),
  noAlloc: bind<[Pointer], boolean>('bool ggml_get_no_alloc(void *)'),
  tensorOverhead: bind<[], number | bigint>('size_t ggml_tensor_overhead()'),
  graphOverhead: bind<[number, boolean], number | bigint>('size_t ggml_graph_overhead_custom(size_t, bool)'),
  newGraph: bind<[Pointer, number, boolean], MaybePointer>(
    'void *ggml_new_graph_custom(void *, size_t, bool)',
  ),
  expandGraph: bind<[Pointer, Pointer], void>('void ggml_build_forward_expand(void *, void *)'),
  orderGraph: bind<[Pointer, Pointer], void>('void ggml_build_forward_order(void *, void *)'),
  newTensor: bind<[Pointer, number, number, number, number, number], MaybePointer>(
    'void *ggml_new_tensor_4d(void *, int, int64_t, int64_t, int64_t, int64_t)',
  ),
  tensorBytes: bind<[Pointer], number | bigint>('size_t ggml_nbytes(void *)'),
  tensorData: bind<[Pointer], MaybePointer>('void *ggml_get_data(void *)'),
  markInput: bind<[Pointer], void>('void ggml_set_input(void *)'),
});

const bindBuffers = (bind: Bind) => ({
  allocateContext: bind<[Pointer, Pointer], MaybePointer>(
    'void *ggml_backend_alloc_ctx_tensors(void *, void *)',
  ),
  bufferSize: bind<[Pointer], number | bigint>('size_t ggml_backend_buffer_get_size(void *)'),
  bufferIsHost: bind<[Pointer], boolean>('bool ggml_backend_buffer_is_host(void *)'),
  setBufferUsage: bind<[Pointer, number], void>('void ggml_backend_buffer_set_usage(void *, int)'),
  freeBuffer: bind<[Pointer], void>('void ggml_backend_buffer_free(void *)'),
  setTensor: bind<[Pointer, ArrayBufferView, number, number], void>(
    'void ggml_backend_tensor_set(void *, const void *, size_t, size_t)',
  ),
  getTensor: bind<[Pointer, ArrayBufferView, number, number], void>(
    'void ggml_backend_tensor_get(void *, _Out_ void *, size_t, size_t)',
  ),
});

const bindBackends = (inGgml: Bind, inBase: Bind) => ({
  cpuBackend: inGgml<[number, null], MaybePointer>('void *ggml_backend_init_by_type(int, const char *)'),
  deviceByName: inGgml<[string], MaybePointer>('void *ggml_backend_dev_by_name(const char *)'),
  registryByName: inGgml<[string], MaybePointer>('void *ggml_backend_reg_by_name(const char *)'),
  initDevice: inBase<[Pointer, null], MaybePointer>('void *ggml_backend_dev_init(void *, const char *)'),
  freeBackend: inBase<[Pointer], void>('void ggml_backend_free(void *)'),
  procAddress: inBase<[Pointer, string], MaybePointer>(
    'void *ggml_backend_reg_get_proc_address(void *, const char *)',
  ),
  newSchedule: inBase<[BigUint64Array, null, number, number, boolean, boolean], MaybePointer>(
    'void *ggml_backend_sched_new(void *, void *, int, size_t, bool, bool)',
  ),
  freeSchedule: inBase<[Pointer], void>('void ggml_backend_sched_free(void *)'),
  resetSchedule: inBase<[Pointer], void>('void ggml_backend_sched_reset(void *)'),
  allocateGraph: inBase<[Pointer, Pointer], boolean>('bool ggml_backend_sched_alloc_graph(void *, void *)'),
  compute: inBase<[Pointer, Pointer], number>('int ggml_backend_sched_graph_compute(void *, void *)'),
  scheduleBytes: inBase<[Pointer, Pointer], number | bigint>(
    'size_t ggml_backend_sched_get_buffer_size(void *, void *)',
  ),
});

export function bindGgml({ ggml, ggmlBase }: Libraries) {
  const inBase = binder(ggmlBase);
  return {
    ...bindContexts(inBase),
    ...bindBuffers(inBase),
    ...bindBackends(binder(ggml), inBase),
    operations: bindOperations(inBase),
  };
}

export type Ggml = ReturnType<typeof bindGgml>;

/** `sizeof(struct ggml_tensor)` and, within it, the places of the lengths and strides per dimension. */
export const tensorLayout = { bytes: 336, lengthsAt: 16, stridesAt: 48 } as const;
/** `sizeof(struct ggml_object)`, which precedes each tensor in its context. */
const OBJECT_BYTES = 32;
/** Four different lengths, so that a place that has moved is noticed. */
const probe = [3, 5, 7, 11] as const;

/**
 * Compares the layouts that this folder relies on with the library.
 * @throws OllamaError `load-failed` naming everything that does not match
 */
export function checkLayout(ggml: Ggml): void {
  const wrong: string[] = [];
  const check = (what: string, found: number | boolean, expected: number | boolean) => {
    if (found !== expected) wrong.push(`${what} is ${found}, expected ${expected}`);
  };
  check('size of ggml_init_params', koffi.sizeof(initParamsType), 24);
  check('size of ggml_tensor', Number(ggml.tensorOverhead()), tensorLayout.bytes + OBJECT_BYTES);
  const bytes = 4096;
  const context = ggml.init({ mem_size: bytes, mem_buffer: null, no_alloc: true });
  if (context === null) throw new OllamaError('load-failed', 'ggml gave no context');
  try {
    check('memory of a context', Number(ggml.memorySize(context)), bytes);
    check('no_alloc of a context', ggml.noAlloc(context), true);
    const tensor = ggml.newTensor(context, elementTypes.f32, ...probe);
    if (tensor === null) throw new OllamaError('load-failed', 'ggml gave no tensor');
    const view = new DataView(koffi.view(tensor, tensorLayout.bytes));
    let stride = 4;
    for (const [dimension, length] of probe.entries()) {
      const at = dimension * BigInt64Array.BYTES_PER_ELEMENT;
      check(
        `length ${dimension} of a tensor`,
        Number(view.getBigInt64(tensorLayout.lengthsAt + at, true)),
        length,
      );
      check(
        `stride ${dimension} of a tensor`,
        Number(view.getBigInt64(tensorLayout.stridesAt + at, true)),
        stride,
      );
      stride *= length;
    }
  } finally {
    ggml.free(context);
  }
  if (wrong.length === 0) return;
  throw new OllamaError('load-failed', `the library ggml does not match this program: ${wrong.join('; ')}`);
}
