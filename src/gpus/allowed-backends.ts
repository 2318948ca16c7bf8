import type { Config } from '../config/config.ts';
import type { BackendName } from './backend-catalog.ts';

/** The backends that the settings allow, fastest first. */
export function allowedBackends({
  llmLibrary,
  vulkan,
}: Pick<Config, 'llmLibrary' | 'vulkan'>): BackendName[] {
  if (llmLibrary === 'cpu') return [];
  if (llmLibrary !== 'auto') return [llmLibrary];
  return vulkan ? ['cuda', 'vulkan'] : ['cuda'];
}
