import { defineCommand } from '../command.ts';

export const cpCommand = defineCommand({
  name: 'cp',
  usage: 'cp SOURCE DESTINATION',
  summary: 'Copy a model',
  arity: { min: 2, max: 2 },
  flags: {},
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [source = '', destination = ''] }, { client, stdout }) {
    await client.copy(source, destination);
    stdout.write(`copied '${source}' to '${destination}'\n`);
    return 0;
  },
});
