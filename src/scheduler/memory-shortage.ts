import { OllamaError } from '../base/errors.ts';
import { binaryBytes, memoryAdvice } from '../base/memory-text.ts';
import type { LoadTarget } from './load-target.ts';

/** @param capacityBytes what would be free with no model loaded */
export function memoryShortage(target: LoadTarget, neededBytes: number, capacityBytes: number): OllamaError {
  const { contextLength } = target.load;
  return new OllamaError(
    'load-failed',
    `model requires more system memory (${binaryBytes(neededBytes)}) than is available (${binaryBytes(capacityBytes)}): ${target.name} with num_ctx ${contextLength}; ${memoryAdvice}`,
  );
}
