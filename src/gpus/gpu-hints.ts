/** Detects backends that the machine could use but are not installed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuBackendName } from './backend-catalog.ts';
import type { BackendStatus } from './installed-backends.ts';

/** Files that reveal NVIDIA's driver, and the folder that reveals any driver that can compute. */
const nvidiaFiles = ['proc/driver/nvidia/version', 'dev/nvidia0'];
/** NVIDIA's driver on Windows. Vulkan's is on almost every machine there, also without a GPU that is worth using. */
const NVIDIA_DLL = 'System32/nvcuda.dll';
const RENDER_FOLDER = 'dev/dri';
const RENDER_PREFIX = 'renderD';

/**
 * Returns sentences that name the command to run.
 * @param allowed the backends that the settings do not rule out
 * @param root the folder that contains `proc` and `dev`; Windows' own folder there
 */
export function gpuHints(
  backends: readonly BackendStatus[],
  allowed: readonly GpuBackendName[],
  root: string = systemFolder(),
  platform: string = process.platform,
): string[] {
  if (platform === 'win32') return allowed.includes('cuda') ? windowsHints(root) : [];
  const outdated = backends.filter(({ name, state }) => state === 'needs update' && allowed.includes(name));
  const hints = outdated.map(
    ({ name }) =>
      `the backend ${name} does not match this version and is not used: run "ollama backend install ${name}"`,
  );
  const wanted = wantedBackend(allowed, root);
  const present = backends.some(({ state }) => state === 'installed' || state === 'needs update');
  const status = backends.find(({ name }) => name === wanted);
  if (present || status?.state !== 'not installed') return hints;
  const card = wanted === 'cuda' ? 'an NVIDIA GPU' : 'a GPU';
  return [...hints, `${card} is present, but models run on the CPU: run "ollama backend install ${wanted}"`];
}

function systemFolder(): string {
  return process.platform === 'win32' ? process.env.SystemRoot || 'C:\\Windows' : '/';
}

function windowsHints(root: string): string[] {
  if (!existsSync(join(root, NVIDIA_DLL))) return [];
  return ['an NVIDIA GPU is present, but models run on the CPU: there are no GPU libraries for Windows yet'];
}

function wantedBackend(allowed: readonly GpuBackendName[], root: string): GpuBackendName | undefined {
  const hasNvidia = nvidiaFiles.some((file) => existsSync(join(root, file)));
  if (hasNvidia && allowed.includes('cuda')) return 'cuda';
  return allowed.includes('vulkan') && (hasNvidia || hasRenderNode(root)) ? 'vulkan' : undefined;
}

function hasRenderNode(root: string): boolean {
  try {
    return readdirSync(join(root, RENDER_FOLDER)).some((name) => name.startsWith(RENDER_PREFIX));
  } catch {
    return false;
  }
}
