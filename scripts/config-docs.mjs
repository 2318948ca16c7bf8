// Writes the settings table in docs/configuration.md, and docs/config.schema.json. A test checks that both are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { configFileJsonSchema, settingsTable } = await import('../dist/config/settings-documents.js');
const pathOf = (name) => fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
writeFileSync(pathOf('config.schema.json'), `${JSON.stringify(configFileJsonSchema(), null, 2)}\n`);
const guide = readFileSync(pathOf('configuration.md'), 'utf8');
const table = `<!-- settings -->\n${settingsTable()}\n<!-- /settings -->`;
writeFileSync(
  pathOf('configuration.md'),
  guide.replace(/<!-- settings -->[\s\S]*<!-- \/settings -->/, () => table),
);
