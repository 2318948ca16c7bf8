/** Detects backends that the machine could use but are not installed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuBackendName } from './backend-catalog.ts';
import type { BackendStatus } from './installed-backends.ts';

/** What reveals the drivers of GPUs. */
interface DriverMarks {
  /** Any of them reveals NVIDIA's driver. */
  readonly nvidia: readonly string[];
  /** Where something with this beginning reveals any driver that can compute. */
  readonly folder: string;
  readonly prefix: string;
}

const onUnix: DriverMarks = {
  nvidia: ['proc/driver/nvidia/version', 'dev/nvidia0'],
  folder: 'dev/dri',
  prefix: 'renderD',
};
/** Drivers install these libraries in the system's folder, where every program finds them. */
const onWindows: DriverMarks = {
  nvidia: ['System32/nvcuda.dll'],
  folder: 'System32',
  prefix: 'vulkan-1.dll',
};

/** Where the system keeps them. */
export interface DriverPlace {
  /** The folder that contains `proc` and `dev`, or Windows' own folder. */
  readonly root: string;
  readonly marks: DriverMarks;
}

/** @param environment which names the folder on Windows */
export function driverPlace(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): DriverPlace {
  if (platform !== 'win32') return { root: '/', marks: onUnix };
  return { root: environment.SystemRoot || 'C:\\Windows', marks: onWindows };
}

/**
 * Returns sentences that name the command to run.
 * @param allowed the backends that the settings do not rule out
 */
export function gpuHints(
  backends: readonly BackendStatus[],
  allowed: readonly GpuBackendName[],
  place = driverPlace(),
): string[] {
  const outdated = backends.filter(({ name, state }) => state === 'needs update' && allowed.includes(name));
  const hints = outdated.map(
    ({ name }) =>
      `the backend ${name} does not match this version and is not used: run "ollama backend install ${name}"`,
  );
  const wanted = wantedBackend(allowed, place);
  const present = backends.some(({ state }) => state === 'installed' || state === 'needs update');
  const status = backends.find(({ name }) => name === wanted);
  if (present || status?.state !== 'not installed') return hints;
  const card = wanted === 'cuda' ? 'an NVIDIA GPU' : 'a GPU';
  return [...hints, `${card} is present, but models run on the CPU: run "ollama backend install ${wanted}"`];
}

function wantedBackend(
  allowed: readonly GpuBackendName[],
  { root, marks }: DriverPlace,
): GpuBackendName | undefined {
  const hasNvidia = marks.nvidia.some((file) => existsSync(join(root, file)));
  if (hasNvidia && allowed.includes('cuda')) return 'cuda';
  return allowed.includes('vulkan') && (hasNvidia || hasAnyDriver(root, marks)) ? 'vulkan' : undefined;
}

function hasAnyDriver(root: string, { folder, prefix }: DriverMarks): boolean {
  try {
    return readdirSync(join(root, folder)).some((name) => name.startsWith(prefix));
  } catch {
    return false;
  }
}
