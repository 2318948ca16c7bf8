/**
 * Threads that persist between decodes. Without a pool, the library starts new threads for every computation, several
 * hundred times a second for a small model.
 */
import koffi from 'koffi';
import type { MaybePointer, Pointer } from '../native/bindings.ts';
import type { Libraries } from '../native/libraries.ts';
import '../native/structs.ts';

/**
 * How long a thread spins waiting for more work before it sleeps, from 0 to 100. It is low because the server needs the
 * cores in between.
 */
const POLL_LEVEL = 1;

interface ThreadPoolParams {
  poll: number;
}

type CreatePool = (params: ThreadPoolParams) => MaybePointer;

/** The CPU library is chosen at run time, so its functions are looked up by name. */
function findCreatePool({ ggml, ggmlBase }: Libraries): CreatePool | undefined {
  const registryByName = ggml.func('void *ggml_backend_reg_by_name(const char *)');
  const procAddress = ggmlBase.func('void *ggml_backend_reg_get_proc_address(void *, const char *)');
  const registry: MaybePointer = registryByName('CPU');
  const address: MaybePointer = registry === null ? null : procAddress(registry, 'ggml_threadpool_new');
  if (address === null) return undefined;
  const prototype = koffi.proto('void *ggml_threadpool_new_call(ggml_threadpool_params *params)');
  return koffi.decode(address, prototype) as CreatePool;
}

/**
 * Gives contexts that never compute at the same time their threads. Where the library has no pools, they continue
 * without one.
 */
export function attachThreadPool(libraries: Libraries, contexts: readonly Pointer[], threads: number): void {
  const createPool = findCreatePool(libraries);
  const defaults = libraries.ggmlBase.func(
    'ggml_threadpool_params ggml_threadpool_params_default(int32_t threads)',
  );
  const params: ThreadPoolParams = defaults(threads);
  params.poll = POLL_LEVEL;
  const pool = createPool?.(params) ?? null;
  if (pool === null) return;
  const attach = libraries.llama.func('void llama_attach_threadpool(void *, void *, void *)');
  for (const context of contexts) attach(context, pool, null);
}
