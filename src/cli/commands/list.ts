import { humanBytes, humanTime } from '../../base/human.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';

const ID_LENGTH = 12;

export const listCommand = defineCommand({
  name: 'list',
  aliases: ['ls'],
  usage: 'list [PREFIX]',
  summary: 'List models',
  arity: { min: 0 },
  flags: {},
  settings: 'client',
  needsServer: true,
  async run({ positionals }, { client, stdout }) {
    const prefix = (positionals[0] ?? '').toLowerCase();
    const { models } = await client.list();
    const now = Date.now();
    const rows = models
      .filter((model) => model.name.toLowerCase().startsWith(prefix))
      .map((model) => [
        model.name,
        model.digest.slice(0, ID_LENGTH),
        humanBytes(model.size),
        humanTime(Date.parse(model.modified_at), now),
      ]);
    stdout.write(renderTable(['NAME', 'ID', 'SIZE', 'MODIFIED'], rows));
    return 0;
  },
});
