/** What is written into docs/ from the table of settings; `npm run config-docs` does it. */
import { z } from 'zod';
import { fileSettings } from './file/file-keys.ts';
import { configFileSchema } from './file/file-schema.ts';
import { isLive } from './live-keys.ts';
import { settings } from './settings.ts';

/** JSON Schema (2020-12) of the config file, for editors. */
export function configFileJsonSchema(): object {
  return {
    title: 'Settings of ollama-ts',
    ...z.toJSONSchema(configFileSchema, { io: 'input', unrepresentable: 'any' }),
  };
}

/** All settings as a table in Markdown. */
export function settingsTable(): string {
  const { name, help } = settings.configFile;
  const rows = fileSettings.map(({ key, fileKey, setting }) => {
    return `| \`${setting.name}\` | \`${fileKey}\` | ${isLive(key) ? 'yes' : 'no'} | ${setting.help} |`;
  });
  return [
    '| variable | in the file | changes while running | meaning |',
    '|---|---|---|---|',
    `| \`${name}\` | | no | ${help} |`,
    ...rows,
  ].join('\n');
}
