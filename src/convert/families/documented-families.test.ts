import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { families } from './families.ts';

/** A row for each architecture of the engine, with the classes that become it. */
function table(): string[] {
  const classes = new Map<string, string[]>();
  for (const { architecture, names } of families)
    classes.set(architecture, [...(classes.get(architecture) ?? []), ...names]);
  return [...classes].map(
    ([architecture, names]) => `| ${names.map((name) => `\`${name}\``).join(', ')} | \`${architecture}\` |`,
  );
}

it('docs/importing.md lists the classes that can be imported, in this table', () => {
  const text = readFileSync(new URL('../../../docs/importing.md', import.meta.url), 'utf8');
  const start = '| class in `config.json` | architecture |\n|---|---|\n';
  const rest = text.slice(text.indexOf(start) + start.length);
  expect(`\n${rest.slice(0, rest.indexOf('\n\n'))}\n`).toBe(`\n${table().join('\n')}\n`);
});
