/**
 * Bytes that models may still take.
 * @param available what the system would give now
 * @param limit of all models together; Infinity = none
 * @param usedByModels what the loaded ones take
 */
export function limitedBytes(available: number, limit: number, usedByModels: number): number {
  return Math.max(0, Math.min(available, limit - usedByModels));
}
