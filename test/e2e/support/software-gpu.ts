/** Mesa's llvmpipe: a GPU in software, with two gibibytes of memory, from Debian's packages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages, libraryPath } from '../../../scripts/debian-packages.mjs';
import { runOllama } from './server-process.ts';

/** The driver, and what it links to that a minimal system lacks. */
const packages = [
  'mesa-vulkan-drivers',
  'libvulkan1',
  'libllvm15',
  'libdrm2',
  'libdrm-amdgpu1',
  'libelf1',
  'libexpat1',
  'libwayland-client0',
  'libx11-6',
  'libx11-xcb1',
  'libxcb1',
  'libxcb-dri3-0',
  'libxcb-present0',
  'libxcb-randr0',
  'libxcb-shm0',
  'libxcb-sync1',
  'libxcb-xfixes0',
  'libxshmfence1',
  'libxau6',
  'libxdmcp6',
  'libbsd0',
  'libmd0',
  'libedit2',
  'libxml2',
  'libicu72',
  'libz3-4',
];

/**
 * @param folder where a description of the driver is written
 * @returns the environment of a process that finds this GPU and no other; undefined if the packages are not available
 */
async function softwareGpu(folder: string): Promise<Record<string, string> | undefined> {
  const root = await ensureDebianPackages(packages);
  if (root === undefined) return undefined;
  const libraries = await libraryPath(root);
  const [first = ''] = libraries.split(':');
  await mkdir(folder, { recursive: true });
  const driver = join(folder, 'llvmpipe.json');
  const icd = { library_path: join(first, 'libvulkan_lvp.so'), api_version: '1.3.230' };
  await writeFile(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }));
  return {
    LD_LIBRARY_PATH: libraries,
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
    // llama.cpp leaves out devices in software unless they are named.
    GGML_VK_VISIBLE_DEVICES: '0',
  };
}

/** llama.cpp's backend for it, installed below a folder. */
export interface InstalledGpu {
  /** Of a process that is to find it. */
  readonly environment: Record<string, string>;
  readonly libraryFolder: string;
}

/** @returns the GPU in software with the Vulkan backend, or why there is none */
export async function installSoftwareGpu(home: string): Promise<InstalledGpu | string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the Vulkan backend is for Linux on x86-64';
  const found = await softwareGpu(join(home, 'driver'));
  if (!found) return "Debian's packages are not available";
  const npm = {
    npm_config_userconfig: join(homedir(), '.npmrc'),
    npm_config_cache: join(homedir(), '.npm'),
  };
  const environment = { ...found, HOME: home };
  const command = { host: '127.0.0.1:1', env: { ...environment, ...npm } };
  const installed = await runOllama(['backend', 'install', 'vulkan'], command);
  if (installed.status !== 0) return `the backend cannot be installed: ${installed.stderr}`;
  const { stdout } = await runOllama(['backend', 'list', '--json'], command);
  const { backends } = JSON.parse(stdout) as { backends: { name: string; folder: string }[] };
  const libraryFolder = backends.find(({ name }) => name === 'vulkan')?.folder ?? '';
  return { environment, libraryFolder };
}
