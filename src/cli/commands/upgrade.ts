import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { OllamaError } from '../../base/errors.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import {
  findInstallation,
  type ProgramPackage,
  readPackage,
  upgradeAdvice,
} from '../upgrade/installation.ts';
import { installGlobally, newestVersion } from '../upgrade/npm.ts';
import { compareVersions, requireVersion } from '../upgrade/version-order.ts';

/** Exit code of `--check` if a newer version is available. */
const OUTDATED = 1;
const UNIT_FILE = '/etc/systemd/system/ollama.service';

export const upgradeCommand = defineCommand({
  name: 'upgrade',
  usage: 'upgrade [VERSION]',
  summary: 'Upgrade this program, or install the version that VERSION names',
  arity: { min: 0, max: 1 },
  flags: {
    check: { type: 'boolean', help: 'Only check for a newer version; exit with code 1 if there is one' },
  },
  settings: 'client',
  needsServer: false,
  async run({ positionals: [named], flags }, context) {
    const program = readPackage();
    if (flags.check !== true) return upgrade(program, named, context);
    if (named !== undefined) {
      throw new OllamaError('invalid-request', '--check does not take a version: omit the version');
    }
    const newest = await askNewest(program, context);
    context.stdout.write(`installed ${program.version}, newest ${newest}\n`);
    return compareVersions(program.version, newest) < 0 ? OUTDATED : 0;
  },
});

async function upgrade(
  program: ProgramPackage,
  named: string | undefined,
  context: CommandContext,
): Promise<number> {
  const wanted = named === undefined ? await askNewest(program, context) : requireVersion(named);
  const order = compareVersions(program.version, wanted);
  if (order === 0 || (order > 0 && named === undefined)) {
    const newest = order > 0 ? `, newer than ${wanted} in the registry` : '';
    context.stdout.write(`${program.version} is installed${newest}; nothing to do\n`);
    return 0;
  }
  const installation = findInstallation(program);
  if (installation.kind !== 'global') {
    const advice = upgradeAdvice(installation, program.name, wanted);
    throw new OllamaError('invalid-request', `${wanted} cannot be installed from here: ${advice}`);
  }
  await requirePermission(program, installation.prefix);
  await withSpinner(`installing ${wanted} with npm`, context, () =>
    installGlobally(installation.prefix, program.name, wanted),
  );
  const { version } = readPackage(program.folder);
  if (version !== wanted) {
    throw new OllamaError('upstream', `npm installed ${version} instead of ${wanted}`);
  }
  context.stdout.write(`installed ${wanted} in place of ${program.version}\n`);
  await hintAtRestart(wanted, context);
  return 0;
}

async function askNewest({ name }: ProgramPackage, context: CommandContext): Promise<string> {
  const version = await withSpinner('asking the registry', context, () => newestVersion(name));
  return requireVersion(version);
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
async function requirePermission({ folder }: ProgramPackage, prefix: string): Promise<void> {
  const binFolder = process.platform === 'win32' ? prefix : join(prefix, 'bin');
  for (const path of [join(folder, '..'), folder, binFolder]) {
    try {
      await access(path, constants.W_OK);
    } catch (error) {
      const how = process.platform === 'win32' ? 'as administrator' : 'with "sudo ollama upgrade"';
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
