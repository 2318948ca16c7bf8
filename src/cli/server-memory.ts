import { setFlagsFromString } from 'node:v8';

/**
 * Two settings of V8 for a process that serves. The young generation keeps its present size: left alone it grows to
 * 32 MiB under a pull or many streams, all of it garbage. WebAssembly, which is only undici's parser of HTTP heads, is
 * not optimized: that takes 36 MiB for a moment and makes no download faster.
 */
export function keepServerSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--liftoff-only');
}
