/** The GPUs of this machine, reached through the installed backends. */

import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import { allowedBackends } from './allowed-backends.ts';
import { listDevices } from './device-list.ts';
import { DeviceMonitor } from './device-monitor.ts';
import { gpuHints } from './gpu-hints.ts';
import { createGpuLister } from './gpu-lister.ts';
import { listBackends } from './installed-backends.ts';

type GpuConfig = Pick<Config, 'backendsFolder' | 'llmLibrary' | 'vulkan' | 'integratedGpus'>;

export interface Gpus {
  readonly monitor: DeviceMonitor;
  /** Whether any usable backend is installed, so that there may be GPUs. */
  hasBackend(): boolean;
  /** Folder of the libraries that OLLAMA_LLM_LIBRARY names; models on the CPU use it too. */
  namedFolder(): string | undefined;
}

export function createGpus(config: GpuConfig, logger: Logger): Gpus {
  const allowed = allowedBackends(config);
  const folders = () =>
    listBackends(config.backendsFolder).flatMap(({ name, libraryFolder }) =>
      libraryFolder !== undefined && allowed.includes(name) ? libraryFolder : [],
    );
  for (const hint of gpuHints(listBackends(config.backendsFolder), allowed)) logger.info(hint);
  const isNamed = config.llmLibrary !== 'auto' && config.llmLibrary !== 'cpu';
  if (isNamed && folders().length === 0) {
    const command = `ollama backend install ${config.llmLibrary}`;
    logger.warn(
      `OLLAMA_LLM_LIBRARY: the backend ${config.llmLibrary} is not installed, so models run on the CPU: run "${command}"`,
    );
  }
  const list = createGpuLister({
    folders,
    list: (folder) => listDevices({ folder }),
    integrated: config.integratedGpus,
    clock: systemClock,
    logger,
  });
  return {
    monitor: new DeviceMonitor({ list, clock: systemClock, logger }),
    hasBackend: () => folders().length > 0,
    namedFolder: () => (isNamed ? folders()[0] : undefined),
  };
}
