import { join } from 'node:path';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { humanBytes } from '../../base/human.ts';
import { type BackendPackages, findPackages, requireBackendName } from '../../gpus/backend-catalog.ts';
import { listDevices } from '../../gpus/device-list.ts';
import { installBackend, removeBackend } from '../../gpus/install-backend.ts';
import {
  findLibraryPackage,
  installLibraries,
  type LibraryStatus,
  requireUnpackable,
  UNPACKED_FOLDER,
  unpackedLibraries,
} from '../../gpus/install-libraries.ts';
import { type BackendStatus, folderSize, listBackends } from '../../gpus/installed-backends.ts';
import { readLibraryFile } from '../../gpus/library-file.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';

type SizedStatus = (BackendStatus | LibraryStatus) & {
  /** Size in bytes; 0 = not installed. */
  readonly size: number;
};

export const backendCommand = defineCommand({
  name: 'backend',
  usage: 'backend list | install NAME|FILE | remove NAME',
  summary: 'List, install or remove GPU libraries',
  arity: { min: 1, max: 2 },
  flags: { json: { type: 'boolean', help: 'Print the list as JSON' } },
  settings: 'backend',
  needsServer: false,
  async run({ positionals: [action, name], flags }, context) {
    switch (action) {
      case 'list':
      case 'ls':
        return list(context, flags.json === true);
      case 'install':
        return name?.endsWith('.tgz') ? installFile(name, context) : install(name, context);
      case 'remove':
      case 'rm':
        return remove(name, context);
      default:
        throw new OllamaError('invalid-request', `unknown action "${action}": use list, install or remove`);
    }
  },
});

async function list({ config, stdout }: CommandContext, asJson: boolean): Promise<number> {
  const folder = config.backendsFolder;
  const libraries = unpackedLibraries(folder) ?? [];
  const backends = await Promise.all(
    [libraries, listBackends(folder)].flat().map(async (status) => ({
      ...status,
      size: await folderSize(join(folder, status.name)),
    })),
  );
  if (asJson) stdout.write(`${JSON.stringify({ backends: backends.map(toJson) }, undefined, 2)}\n`);
  else stdout.write(renderTable(['NAME', 'VERSION', 'STATE', 'SIZE'], backends.map(toRow)));
  return 0;
}

function toRow({ name, version, state, size }: SizedStatus): string[] {
  return [name, version ?? '-', state, size > 0 ? humanBytes(size) : '-'];
}

function toJson({ name, version, state, size, libraryFolder }: SizedStatus) {
  const needed = neededVersion(name) ?? version;
  return {
    name,
    state,
    version: version ?? null,
    needed_version: needed ?? null,
    size,
    folder: libraryFolder ?? null,
  };
}

function neededVersion(name: SizedStatus['name']): string | undefined {
  if (name === 'metal') return undefined;
  return name === UNPACKED_FOLDER ? findLibraryPackage()?.version : findPackages(name)?.version;
}

async function install(
  text: string | undefined,
  { config, stdout, stderr }: CommandContext,
): Promise<number> {
  const backend = requirePackages(text);
  const folder = config.backendsFolder;
  stderr.write(`installing ${backend.name} ${backend.version} with npm; this may take several minutes\n`);
  const spinner = new WaitSpinner(stderr);
  spinner.start();
  try {
    await installBackend(backend, { folder });
  } finally {
    spinner.stop();
  }
  const size = humanBytes(await folderSize(join(folder, backend.name)));
  stdout.write(`installed ${backend.name} ${backend.version} (${size}) in ${join(folder, backend.name)}\n`);
  await tellDevices(backend, { config, stdout, stderr });
  return 0;
}

/** Installs the libraries for the CPU, where no registry has a package of them. */
async function installFile(path: string, { config, stdout, stderr }: CommandContext): Promise<number> {
  const wanted = requireUnpackable();
  const file = await readLibraryFile(path, wanted);
  stderr.write(`installing ${wanted.name} ${wanted.version} from ${path} (SHA-256 ${file.digest})\n`);
  const folder = config.backendsFolder;
  await installLibraries(file, { folder, wanted, probe: probeProcessor });
  const target = join(folder, UNPACKED_FOLDER);
  stdout.write(
    `installed ${wanted.name} ${wanted.version} (${humanBytes(await folderSize(target))}) in ${target}\n`,
  );
  return 0;
}

async function probeProcessor(folder: string): Promise<void> {
  const { devices } = await listDevices({ folder });
  if (devices.some(({ kind }) => kind === 'cpu')) return;
  throw new OllamaError('load-failed', 'the libraries have no build for the processor of this machine');
}

function requirePackages(text: string | undefined): BackendPackages {
  const name = requireBackendName(text);
  const packages = findPackages(name);
  if (packages) return packages;
  throw new OllamaError(
    'invalid-request',
    `the backend ${name} is not available for ${process.platform}-${process.arch}, only for linux-x64`,
  );
}

/** Prints the GPUs that the backend finds. Finding none yet does not make the installation fail. */
async function tellDevices(
  { name }: BackendPackages,
  { config, stdout, stderr }: Pick<CommandContext, 'config' | 'stdout' | 'stderr'>,
): Promise<void> {
  const folder = listBackends(config.backendsFolder).find((status) => status.name === name)?.libraryFolder;
  if (folder === undefined) return;
  try {
    const { devices, problems } = await listDevices({ folder });
    for (const problem of problems) stderr.write(`warning: ${problem}\n`);
    const gpus = devices.filter(({ kind }) => kind !== 'cpu');
    for (const gpu of gpus) stdout.write(`${gpu.id}: ${gpu.description}, ${humanBytes(gpu.totalBytes)}\n`);
    if (gpus.length === 0)
      stderr.write('warning: the backend found no GPU; check the driver (docs/gpu.md)\n');
  } catch (error) {
    stderr.write(`warning: ${messageOf(error)}\n`);
  }
}

async function remove(text: string | undefined, { config, stdout }: CommandContext): Promise<number> {
  const name = text === UNPACKED_FOLDER ? text : requireBackendName(text);
  if (!(await removeBackend(name, config.backendsFolder))) {
    throw new OllamaError('invalid-request', `the backend ${name} is not installed`);
  }
  stdout.write(`removed ${name}\n`);
  return 0;
}
