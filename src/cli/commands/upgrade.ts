import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { OllamaError } from '../../base/errors.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import {
  findInstallation,
  type Installation,
  type ProgramPackage,
  readPackage,
  upgradeAdvice,
} from '../upgrade/installation.ts';
import { PackageFile } from '../upgrade/package-file.ts';
import { replaceProgram } from '../upgrade/replace-program.ts';
import { compareVersions } from '../upgrade/version-order.ts';

/** Exit code of `--check` if the file has a newer version. */
const OUTDATED = 1;
const UNIT_FILE = '/etc/systemd/system/ollama.service';

export const upgradeCommand = defineCommand({
  name: 'upgrade',
  usage: 'upgrade FILE',
  summary: 'Install the package file FILE in place of this program',
  arity: { min: 0, max: 1 },
  flags: {
    check: { type: 'boolean', help: 'Only compare the versions; exit with code 1 if FILE has a newer one' },
  },
  settings: 'client',
  needsServer: false,
  async run({ positionals: [path], flags }, context) {
    const program = readPackage();
    const installation = findInstallation(program);
    if (installation.kind === 'archive') throw cannotUpgrade(installation, path ?? 'FILE');
    if (path === undefined) throw missingFile(program);
    const file = await PackageFile.read(path, program.name);
    if (flags.check !== true) return upgrade(program, file, context);
    context.stdout.write(`installed ${program.version}, ${path} has ${file.version}\n`);
    return compareVersions(program.version, file.version) < 0 ? OUTDATED : 0;
  },
});

/** A name would be looked up in npm's registry, where it is not ours. */
function missingFile({ name }: ProgramPackage): OllamaError {
  return new OllamaError(
    'invalid-request',
    `name the package file to install ("npm pack" in a clone makes one): ${name} is not in npm's registry yet`,
  );
}

function cannotUpgrade(
  installation: Exclude<Installation, { kind: 'global' }>,
  path: string,
  wanted = 'a newer version',
): OllamaError {
  const advice = upgradeAdvice(installation, path);
  return new OllamaError('invalid-request', `${wanted} cannot be installed from here: ${advice}`);
}

async function upgrade(program: ProgramPackage, file: PackageFile, context: CommandContext): Promise<number> {
  const { version: wanted } = file;
  const installation = findInstallation(program);
  if (installation.kind !== 'global') {
    throw cannotUpgrade(installation, file.path, wanted);
  }
  await requirePermission(program);
  await withSpinner(`installing ${wanted} with npm`, context, () => replaceProgram(program.folder, file));
  const { version } = readPackage(program.folder);
  if (version !== wanted) {
    throw new OllamaError('upstream', `npm installed ${version} instead of ${wanted}`);
  }
  context.stdout.write(`installed ${wanted} in place of ${program.version}\n`);
  await hintAtRestart(wanted, context);
  return 0;
}

async function withSpinner<T>(
  label: string,
  { stderr, environment }: CommandContext,
  work: () => Promise<T>,
): Promise<T> {
  const spinner = new WaitSpinner(stderr, environment);
  spinner.label = label;
  spinner.start();
  try {
    return await work();
  } finally {
    spinner.stop();
  }
}

/** Checks permissions before npm starts, because npm's own error about them is long. */
async function requirePermission({ folder }: ProgramPackage): Promise<void> {
  for (const path of [join(folder, '..'), folder]) {
    try {
      await access(path, constants.W_OK);
    } catch (error) {
      const how = process.platform === 'win32' ? 'in a terminal of the administrator' : 'with sudo';
      throw new OllamaError('forbidden', `no permission to write to ${path}: run the command ${how}`, {
        cause: error,
      });
    }
  }
}

async function hintAtRestart(installed: string, { client, stdout }: CommandContext): Promise<void> {
  const running = await client.version().catch(() => undefined);
  if (running === undefined || running.version === installed) return;
  const how = existsSync(UNIT_FILE) ? ' with "sudo systemctl restart ollama"' : '';
  stdout.write(`the running server still has version ${running.version}: restart it${how}\n`);
}
