import type { TagsModel } from '../../api/tags.ts';
import { humanBytes, humanTime } from '../../base/human.ts';
import { defineCommand } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

const ID_LENGTH = 12;

/** A remote model of an Ollama server takes no space there. */
function sizeText(model: TagsModel): string {
  return model.remote_model ? '-' : humanBytes(model.size);
}

/** Nobody knows when the files of a model of an upstream were changed. */
function changedText({ modified_at: at }: TagsModel, now: number): string {
  const changed = Date.parse(at);
  return changed === 0 ? '-' : humanTime(changed, now);
}

export const listCommand = defineCommand({
  name: 'list',
  aliases: ['ls'],
  usage: 'list [PREFIX]',
  summary: 'List models',
  arity: { min: 0 },
  flags: { json: jsonFlag },
  settings: 'client',
  needsServer: true,
  async run({ positionals, flags }, { client, stdout }) {
    const prefix = (positionals[0] ?? '').toLowerCase();
    const { models } = await client.list();
    const now = Date.now();
    const chosen = models.filter((model) => model.name.toLowerCase().startsWith(prefix));
    if (flags.json === true) {
      printJson({ models: chosen }, stdout);
      return 0;
    }
    const rows = chosen.map((model) => [
      model.name,
      model.digest.slice(0, ID_LENGTH),
      sizeText(model),
      changedText(model, now),
    ]);
    stdout.write(renderTable(['NAME', 'ID', 'SIZE', 'MODIFIED'], rows, narrowColumns(stdout)));
    return 0;
  },
});
