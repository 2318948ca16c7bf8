import { isLive } from '../../config/live-keys.ts';
import type { LoadedSettings } from '../../config/load-settings.ts';
import { settingText, settingValue } from '../../config/setting-text.ts';
import { type SettingKey, settings } from '../../config/settings.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../output/table.ts';
import { narrowColumns } from '../output/terminal-traits.ts';

const keys = Object.keys(settings) as SettingKey[];

/** Every setting as it applies to a program started in this environment. */
function settingRows({ config, sources }: LoadedSettings) {
  return keys.map((key) => ({
    name: settings[key].name,
    value: settingValue(config, key),
    text: settingText(config, key),
    source: sources.get(settings[key].name) ?? 'default',
    live: isLive(key),
  }));
}

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
    const rows = settingRows(loaded);
    if (flags.json === true) {
      const values = rows.map(({ text: _, ...row }) => row);
      stdout.write(`${JSON.stringify({ file: loaded.path, settings: values }, null, 2)}\n`);
      return 0;
    }
    const cells = rows.map(({ name, text, source }) => [name, text, source]);
    stdout.write(renderTable(['NAME', 'VALUE', 'SOURCE'], cells, narrowColumns(stdout)));
    return 0;
  },
});
