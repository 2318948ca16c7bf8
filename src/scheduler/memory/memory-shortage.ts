import { OllamaError } from '../../base/errors.ts';
import { binaryBytes, memoryAdvice } from '../../base/memory-text.ts';
import type { LoadTarget } from '../load-target.ts';
import { leastBytes, type PlaceOptions } from '../placement/place.ts';
import type { Room } from './memory-pools.ts';

/** @param room the room if only pinned models were loaded */
export function memoryShortage(
  target: LoadTarget,
  settings: PlaceOptions['settings'],
  room: Room,
): OllamaError {
  if (room.count < 1) {
    const message = `cannot load ${target.name}: all loaded models are pinned, and OLLAMA_MAX_LOADED_MODELS allows no more; raise it or pin fewer models`;
    return new OllamaError('load-failed', message);
  }
  const needed = binaryBytes(leastBytes(target, settings));
  const available = binaryBytes(Math.max(0, room.systemBytes));
  const others = room.gpus.filter(({ isUnified }) => !isUnified);
  const gpus = others.map(({ id, freeBytes }) => ` and ${binaryBytes(freeBytes)} on ${id}`).join('');
  return new OllamaError(
    'load-failed',
    `model requires more system memory (${needed}) than is available (${available}${gpus}): ${target.name} with num_ctx ${target.load.contextLength}; ${memoryAdvice}`,
  );
}
