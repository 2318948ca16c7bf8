import { OllamaError } from '../base/errors.ts';
import type { LoadTarget } from './load-target.ts';

const GIB = 1024 ** 3;

/** @param capacityBytes what would be free with no model loaded */
export function memoryShortage(target: LoadTarget, neededBytes: number, capacityBytes: number): OllamaError {
  const needed = `${(neededBytes / GIB).toFixed(1)} GiB`;
  const available = `${(Math.max(0, capacityBytes) / GIB).toFixed(1)} GiB`;
  const { contextLength } = target.load;
  return new OllamaError(
    'load-failed',
    `model requires more system memory (${needed}) than is available (${available}): ${target.name} with num_ctx ${contextLength}; use a smaller num_ctx or a smaller model`,
  );
}
