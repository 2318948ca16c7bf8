import { join } from 'node:path';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { humanBytes } from '../../base/human.ts';
import { type BackendPackages, findPackages, requireBackendName } from '../../gpus/backend-catalog.ts';
import { listDevices } from '../../gpus/device-list.ts';
import { installBackend, removeBackend } from '../../gpus/install-backend.ts';
import { type BackendStatus, folderSize, listBackends } from '../../gpus/installed-backends.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';

interface SizedStatus extends BackendStatus {
  /** Size in bytes; 0 = not installed. */
  readonly size: number;
}

export const backendCommand = defineCommand({
  name: 'backend',
  usage: 'backend list | install NAME | remove NAME',
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
        return install(name, context);
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
  const backends = await Promise.all(
    listBackends(folder).map(async (status) => ({
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
  const needed = name === 'metal' ? version : findPackages(name)?.version;
  return {
    name,
    state,
    version: version ?? null,
    needed_version: needed ?? null,
    size,
    folder: libraryFolder ?? null,
  };
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
  const name = requireBackendName(text);
  if (!(await removeBackend(name, config.backendsFolder))) {
    throw new OllamaError('invalid-request', `the backend ${name} is not installed`);
  }
  stdout.write(`removed ${name}\n`);
  return 0;
}
