import { isCancellation, OllamaError } from '../../base/errors.ts';
import { type CommandContext, type CommandInput, defineCommand, type Flag } from '../command.ts';
import { isAbsent } from '../launch/integration.ts';
import { findIntegration } from '../launch/integration-table.ts';
import { launchIntegration } from '../launch/launch.ts';
import { showLaunchMenu } from '../launch/launch-menu.ts';
import { type LaunchRequest, readLaunchRequest } from '../launch/launch-request.ts';
import { restoreIntegration } from '../launch/restore.ts';
import { withInterrupt } from '../repl/interrupt.ts';
import { runCommand } from './run.ts';

const launchFlags: Readonly<Record<string, Flag>> = {
  model: { type: 'string', help: 'Model to use' },
  config: { type: 'boolean', help: 'Set the program up without starting it' },
  restore: { type: 'boolean', help: "Put the program's files back as they were before the first launch" },
  yes: { type: 'boolean', short: 'y', help: 'Answer yes to all questions, and pull a missing model' },
};

async function launch(name: string, request: LaunchRequest, context: CommandContext): Promise<number> {
  const integration = findIntegration(name);
  if (isAbsent(integration)) throw new OllamaError('invalid-request', integration.absence);
  if (request.restore) {
    await restoreIntegration(integration, context);
    return 0;
  }
  return withInterrupt((signal) => launchIntegration(integration, request, context, signal));
}

/** Wrong arguments and unknown names are reported without a server. */
function needsServer(input: CommandInput): boolean {
  const { name, restore } = readLaunchRequest(input);
  return name === undefined || !(isAbsent(findIntegration(name)) || restore);
}

async function run(input: CommandInput, context: CommandContext): Promise<number | undefined> {
  const request = readLaunchRequest(input);
  if (request.name !== undefined) return launch(request.name, request, context);
  const choice = await showLaunchMenu(context);
  if (choice.type === 'launch') return launch(choice.name, request, context);
  return runCommand.run({ positionals: [choice.model], flags: {} }, context);
}

export const launchCommand = defineCommand({
  name: 'launch',
  usage: 'launch [INTEGRATION] [-- ARGS]',
  summary: 'Start a coding agent or another program with a model of this server',
  arity: { min: 0 },
  flags: launchFlags,
  completes: 'integrations',
  settings: 'client',
  needsServer,
  async run(input, context) {
    try {
      return await run(input, context);
    } catch (error) {
      // The user left a list or declined a question: that is an answer, not a failure.
      if (!isCancellation(error)) throw error;
      return 0;
    }
  },
});
