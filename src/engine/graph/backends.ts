import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import type { MaybePointer, Pointer } from '../native/bindings.ts';
import { deviceTypes } from '../native/structs.ts';
import type { Ggml } from './ggml.ts';
import { MOST_NODES } from './graph-base.ts';

export interface BackendOptions {
  readonly threads: number;
  /** ggml's name of a GPU; absent = the CPU computes everything. */
  readonly gpu?: string;
}

type SetThreads = (backend: Pointer, threads: number) => void;

/** What computes graphs: a GPU if one is chosen, and the CPU for what the GPU cannot do. */
export class Backends {
  /** The one that holds weights and values between graphs. */
  readonly main: Pointer;
  readonly onGpu: boolean;
  readonly #ggml: Ggml;
  readonly #all: readonly Pointer[];
  readonly #applyThreads: (threads: number) => void;

  /** @throws OllamaError `load-failed` when a backend does not start */
  constructor(ggml: Ggml, { threads, gpu }: BackendOptions) {
    this.#ggml = ggml;
    const cpu = ggml.cpuBackend(deviceTypes.cpu, null);
    if (cpu === null) throw new OllamaError('load-failed', 'the CPU backend does not start');
    this.#applyThreads = threadSetter(ggml, cpu);
    this.#applyThreads(threads);
    try {
      this.#all = gpu === undefined ? [cpu] : [startGpu(ggml, gpu), cpu];
    } catch (error) {
      ggml.freeBackend(cpu);
      throw error;
    }
    this.main = this.#all[0] ?? cpu;
    this.onGpu = gpu !== undefined;
  }

  /** Sets the number of threads of the CPU; must not be called while it computes. */
  setThreads(threads: number): void {
    this.#applyThreads(threads);
  }

  /** A scheduler over the backends, with the memory for values inside a graph. */
  newSchedule(): Schedule {
    return new Schedule(this.#ggml, this.#all);
  }

  free(): void {
    for (const backend of this.#all) this.#ggml.freeBackend(backend);
  }
}

/** Assigns the nodes of graphs to backends and keeps the memory for them until it is freed. */
export class Schedule {
  readonly #ggml: Ggml;
  readonly #backends: readonly Pointer[];
  readonly #pointer: Pointer;

  constructor(ggml: Ggml, backends: readonly Pointer[]) {
    this.#ggml = ggml;
    this.#backends = backends;
    const pointer = ggml.newSchedule(
      BigUint64Array.from(backends),
      null,
      backends.length,
      MOST_NODES,
      false,
      true,
    );
    if (pointer === null) throw new OllamaError('load-failed', 'ggml made no scheduler');
    this.#pointer = pointer;
  }

  /**
   * Gives a graph its memory.
   * @returns ggml's scheduler, for the function that computes
   * @throws OllamaError `runner-failed` when there is no memory
   */
  allocate(graph: Pointer): Pointer {
    this.#ggml.resetSchedule(this.#pointer);
    if (this.#ggml.allocateGraph(this.#pointer, graph)) return this.#pointer;
    throw new OllamaError('runner-failed', 'not enough memory to encode a picture or sound');
  }

  /** Bytes of memory on all backends. */
  get bytes(): number {
    return this.#backends.reduce(
      (sum, backend) => sum + Number(this.#ggml.scheduleBytes(this.#pointer, backend)),
      0,
    );
  }

  free(): void {
    this.#ggml.freeSchedule(this.#pointer);
  }
}

/** The CPU library is chosen at run time, so its functions are looked up by name. */
function threadSetter(ggml: Ggml, cpu: Pointer): (threads: number) => void {
  const registry: MaybePointer = ggml.registryByName('CPU');
  const address = registry && ggml.procAddress(registry, 'ggml_backend_set_n_threads');
  if (!address) throw new OllamaError('load-failed', 'the CPU library lacks ggml_backend_set_n_threads');
  const call = koffi.decode(address, setThreadsType) as SetThreads;
  return (threads) => call(cpu, threads);
}

const setThreadsType = koffi.proto('void ggml_backend_set_n_threads_call(void *backend, int threads)');

function startGpu(ggml: Ggml, name: string): Pointer {
  const device = ggml.deviceByName(name);
  const backend = device && ggml.initDevice(device, null);
  if (backend) return backend;
  throw new OllamaError(
    'load-failed',
    `the GPU ${name} does not start for the encoder of pictures and sound`,
  );
}
