import type { Config } from '../config/config.ts';
import type { GpuBackendName } from './backend-catalog.ts';

/** The backends that the settings allow, fastest first. */
export function allowedBackends({
  llmLibrary,
  vulkan,
}: Pick<Config, 'llmLibrary' | 'vulkan'>): GpuBackendName[] {
  if (llmLibrary === 'cpu') return [];
  if (llmLibrary !== 'auto') return [llmLibrary];
  return vulkan ? ['metal', 'cuda', 'vulkan'] : ['metal', 'cuda'];
}
