import type { RunnerFacts } from '../protocol/load.ts';
import { type BufferSizes, SYSTEM } from './buffer-sizes.ts';

/**
 * Adds what the engine's log reports to the facts of a loaded model, whose memory is until then only that of the weights, and
 * what the encoder of pictures or sound takes, which the log does not mention.
 */
export function withMemory(facts: RunnerFacts, buffers: BufferSizes): RunnerFacts {
  const { totalBytes, gpuBytes, deviceBytes, devices, allLayersOnGpu } = buffers.memory(
    facts.memoryBytes,
    facts.draftProblem === undefined,
  );
  const { encoderBytes = 0, rowBytes = 0, gpu } = facts.media ?? {};
  const mediaBytes = encoderBytes + rowBytes;
  if (totalBytes === 0) {
    const all = { device: SYSTEM, weights: facts.memoryBytes, cache: 0, compute: 0, other: mediaBytes };
    return { ...facts, memoryBytes: facts.memoryBytes + mediaBytes, deviceMemory: [all] };
  }
  const onGpu = gpu === undefined ? 0 : encoderBytes;
  return {
    ...facts,
    memoryBytes: totalBytes + mediaBytes,
    gpuMemoryBytes: gpuBytes + onGpu,
    deviceBytes: gpu === undefined ? deviceBytes : { ...deviceBytes, [gpu]: (deviceBytes[gpu] ?? 0) + onGpu },
    deviceMemory: devices.map((part) => {
      const onHost = part.device === SYSTEM ? mediaBytes - onGpu : 0;
      return { ...part, other: part.device === gpu ? onGpu : onHost };
    }),
    allLayersOnGpu,
  };
}
