/**
 * At its first use on a Mac, the driver compiles Metal's kernels from their source, for some seconds during which nothing shows
 * any progress; it keeps the result. Some kernels are compiled only when a model needs them.
 */
const FIRST_COMPILE_MS = 60_000;

/** ggml's names of Metal's devices. */
const metalDevice = /^MTL\d+$/;

interface StallLimits {
  /** Milliseconds; Infinity = no limit. */
  readonly loadTimeoutMs: number;
  readonly hangTimeoutMs: number;
}

/**
 * How long a model may show no progress: as the settings say, but long enough for the kernels to be compiled.
 * @param gpus ggml's names of the GPUs that the model is loaded onto
 */
export function stallLimits(limits: StallLimits, gpus: readonly string[]): StallLimits {
  if (!gpus.some((id) => metalDevice.test(id))) return limits;
  return {
    loadTimeoutMs: Math.max(limits.loadTimeoutMs, FIRST_COMPILE_MS),
    hangTimeoutMs: Math.max(limits.hangTimeoutMs, FIRST_COMPILE_MS),
  };
}

/** How long the list of devices may take; undefined = as usual. */
export function listTimeoutMs(isBuiltIn: boolean): number | undefined {
  return isBuiltIn ? FIRST_COMPILE_MS : undefined;
}
