import { shownSettings } from '../../config/shown-settings.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

export const configCommand = defineCommand({
  name: 'config',
  usage: 'config',
  summary: 'Show every setting, its value and the source of the value',
  arity: { min: 0, max: 0 },
  flags: { json: { type: 'boolean', help: 'Print JSON' } },
  settings: 'config',
  needsServer: false,
  async run({ flags }, { settings: loaded, warnings, stdout, stderr }) {
    for (const warning of warnings) stderr.write(`Warning: ${warning}\n`);
    const rows = shownSettings(loaded);
    if (flags.json === true) {
      const values = rows.map(({ text: _, help: __, ...row }) => row);
      stdout.write(`${JSON.stringify({ file: loaded.path, settings: values }, null, 2)}\n`);
      return 0;
    }
    const cells = rows.map(({ name, text, source }) => [name, text, source]);
    stdout.write(renderTable(['NAME', 'VALUE', 'SOURCE'], cells, narrowColumns(stdout)));
    return 0;
  },
});
