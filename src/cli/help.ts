import { settingsFor } from '../config/command-settings.ts';
import type { Command, Flag } from './command.ts';
import { helpFlag } from './parse-arguments.ts';

export interface CommandSummary {
  readonly name: string;
  readonly summary: string;
}

function columns(rows: readonly (readonly [string, string])[], indent: string): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}   ${right}`);
}

function flagRow([name, flag]: readonly [string, Flag]): readonly [string, string] {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  const value = flag.type === 'string' ? ` ${flag.placeholder ?? 'string'}` : '';
  const optional = flag.optionalValue === undefined ? value : `[=${value.trim()}]`;
  return [`${short}--${name}${optional}`, flag.help];
}

function flagLines(flags: Readonly<Record<string, Flag>>): string[] {
  const all = Object.entries({ ...flags, help: helpFlag }).sort(([left], [right]) =>
    left.localeCompare(right),
  );
  return ['Flags:', ...columns(all.map(flagRow), '  ')];
}

export function commandHelp(command: Command): string {
  const lines = [command.summary, '', 'Usage:', `  ollama ${command.usage}`, ''];
  if (command.aliases) lines.push('Aliases:', `  ${[command.name, ...command.aliases].join(', ')}`, '');
  lines.push(...flagLines(command.flags));
  const settings = settingsFor(command.settings);
  if (settings.length > 0) {
    const rows = settings.map(({ name, help }) => [name, help] as const);
    lines.push('', 'Environment Variables:', ...columns(rows, '      '));
  }
  return `${lines.join('\n')}\n`;
}

export function rootHelp(commands: readonly CommandSummary[], flags: Readonly<Record<string, Flag>>): string {
  const rows = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ['help', 'Help about any command'] as const,
  ];
  return `${[
    'Run and serve language models',
    '',
    'Usage:',
    '  ollama [flags]',
    '  ollama [command]',
    '',
    'Available Commands:',
    ...columns(rows, '  '),
    '',
    ...flagLines(flags),
    '',
    'Use "ollama [command] --help" for more information about a command.',
  ].join('\n')}\n`;
}
