import { setFlagsFromString } from 'node:v8';

/**
 * Sets two V8 flags for the server process. The young generation keeps its present size: by default it grows to 32 MiB
 * during a pull or with many streams, all of it garbage. WebAssembly, which only undici's parser of HTTP heads uses, is
 * not optimized: optimizing takes 36 MiB for a moment and makes no download faster.
 */
export function keepServerSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--liftoff-only');
}
