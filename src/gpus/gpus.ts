/** The GPUs of this machine, reached through the installed backends. */

import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import { allowedBackends } from './allowed-backends.ts';
import { builtInBackend } from './built-in-backend.ts';
import { listDevices } from './device-list.ts';
import { DeviceMonitor } from './device-monitor.ts';
import { gpuHints } from './gpu-hints.ts';
import { createGpuLister } from './gpu-lister.ts';
import { type BackendStatus, listBackends } from './installed-backends.ts';
import { listTimeoutMs } from './metal-compile.ts';

type GpuConfig = Pick<Config, 'backendsFolder' | 'llmLibrary' | 'vulkan' | 'integratedGpus'>;

export interface Gpus {
  readonly monitor: DeviceMonitor;
  /** Whether any usable backend is installed, so that there may be GPUs. */
  hasBackend(): boolean;
  /** Folder of the libraries that OLLAMA_LLM_LIBRARY names; models on the CPU use it too. */
  namedFolder(): string | undefined;
}

function missingBackend(name: string, backends: readonly BackendStatus[]): string {
  const isKnown = backends.some((backend) => backend.name === name && backend.state !== 'not available');
  const place = name === 'metal' ? 'only on Macs with Apple silicon' : 'not for this kind of machine';
  const [state, advice] = isKnown
    ? ['is not installed', `run "ollama backend install ${name}"`]
    : [`exists ${place}`, 'leave the setting out'];
  return `OLLAMA_LLM_LIBRARY: the backend ${name} ${state}, so models run on the CPU: ${advice}`;
}

export function createGpus(config: GpuConfig, logger: Logger): Gpus {
  const allowed = allowedBackends(config);
  const folders = () =>
    listBackends(config.backendsFolder).flatMap(({ name, libraryFolder }) =>
      libraryFolder !== undefined && allowed.includes(name) ? libraryFolder : [],
    );
  for (const hint of gpuHints(listBackends(config.backendsFolder), allowed)) logger.info(hint);
  const isNamed = config.llmLibrary !== 'auto' && config.llmLibrary !== 'cpu';
  if (isNamed && folders().length === 0)
    logger.warn(missingBackend(config.llmLibrary, listBackends(config.backendsFolder)));
  const list = createGpuLister({
    folders,
    list: (folder) => {
      const timeoutMs = listTimeoutMs(folder === builtInBackend()?.libraryFolder);
      return listDevices({ folder, ...(timeoutMs !== undefined && { timeoutMs }) });
    },
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
