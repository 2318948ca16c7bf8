/** The parts of docs/cli.md that `npm run cli-docs` generates from the table of commands. */
import { settingsFor } from '../config/command-settings.ts';
import type { Command, Flag } from './command.ts';
import { commandTable } from './command-table.ts';
import { helpText } from './repl/help.ts';

/** If a command has more settings, as the server does, the page refers to configuration.md instead of naming them. */
const MOST_NAMED_SETTINGS = 8;

/** The reference of all commands in Markdown, in the order of the help. */
export async function commandReference(): Promise<string> {
  const commands = await Promise.all(commandTable.map(({ load }) => load()));
  return commands.map(section).join('\n\n');
}

/** The help texts of the interactive prompt of `ollama run`. */
export function promptReference(): string {
  const topics = [undefined, 'set', 'show', 'shortcuts'].map((topic) =>
    helpText(topic, false, 'linux').trimEnd(),
  );
  return ['```text', topics.join('\n\n'), '```'].join('\n');
}

function section(command: Command): string {
  const { name, aliases = [], usage, summary, flags } = command;
  const parts = [`### ollama ${name}`, `${summary}.`, `    ollama ${usage}`];
  if (aliases.length > 0) parts.push(`Alias: ${aliases.map((alias) => `\`ollama ${alias}\``).join(', ')}.`);
  if (Object.keys(flags).length > 0) parts.push(flagTable(flags));
  parts.push(settingsLine(command));
  return parts.join('\n\n');
}

function flagTable(flags: Readonly<Record<string, Flag>>): string {
  const rows = Object.entries(flags)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([name, flag]) => `| ${flagText(name, flag)} | ${flag.help.replaceAll('|', '\\|')} |`);
  return ['| flag | meaning |', '|---|---|', ...rows].join('\n');
}

function flagText(name: string, { short, type, placeholder = 'string', optionalValue }: Flag): string {
  const value = optionalValue === undefined ? ` ${placeholder}` : `[=${placeholder}]`;
  const long = `\`--${name}${type === 'string' ? value : ''}\``;
  return short === undefined ? long : `\`-${short}\`, ${long}`;
}

function settingsLine({ settings: user }: Command): string {
  const names = settingsFor(user).map(({ name }) => `\`${name}\``);
  if (names.length > MOST_NAMED_SETTINGS) {
    return `Settings: ${names.length} of the settings in [configuration.md](configuration.md#settings).`;
  }
  return `Settings: ${names.join(', ')}.`;
}
