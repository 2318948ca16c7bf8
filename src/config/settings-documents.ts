/** The parts of docs/ that `npm run config-docs` generates from the table of settings. */
import { z } from 'zod';
import { fileSettings } from './file/file-keys.ts';
import { configFileSchema } from './file/file-schema.ts';
import { isLive } from './live-keys.ts';
import { settings } from './settings.ts';

/** The JSON Schema (2020-12) of the config file, for editors. */
export function configFileJsonSchema(): object {
  return {
    title: 'Settings of ollama-ts',
    ...z.toJSONSchema(configFileSchema, { io: 'input', unrepresentable: 'any' }),
  };
}

/** All settings as a Markdown table. */
export function settingsTable(): string {
  const { name, help } = settings.configFile;
  const rows = fileSettings.map(({ key, fileKey, setting }) => {
    return `| \`${setting.name}\` | \`${fileKey}\` | ${isLive(key) ? 'yes' : 'no'} | ${setting.help} |`;
  });
  return [
    '| variable | key in the file | can change while running | meaning |',
    '|---|---|---|---|',
    `| \`${name}\` | | no | ${help} |`,
    ...rows,
  ].join('\n');
}
