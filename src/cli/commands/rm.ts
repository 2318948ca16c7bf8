import { type CommandContext, defineCommand } from '../command.ts';
import { isNotFound, unloadModel } from './unload.ts';

async function remove(model: string, { client, stdout, stderr }: CommandContext): Promise<void> {
  try {
    await unloadModel(client, model);
  } catch (error) {
    if (!isNotFound(error)) stderr.write(`Warning: unable to stop model '${model}'\n`);
  }
  await client.delete(model);
  stdout.write(`deleted '${model}'\n`);
}

export const rmCommand = defineCommand({
  name: 'rm',
  usage: 'rm MODEL [MODEL...]',
  summary: 'Remove models',
  arity: { min: 1 },
  flags: {},
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals }, context) {
    for (const model of positionals) await remove(model, context);
    return 0;
  },
});
