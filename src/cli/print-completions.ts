import type { CommandContext, Flag } from './command.ts';
import { commandTable, findCommand } from './command-table.ts';
import { completions } from './completion.ts';

/** Prints what may come next, one item per line, for the scripts of `completion`. Never prints an error. */
export async function printCompletions(
  words: readonly string[],
  { client, stdout }: Pick<CommandContext, 'client' | 'stdout'>,
  rootFlags: Readonly<Record<string, Flag>>,
): Promise<void> {
  const namesOf = async (list: () => Promise<{ models: readonly { name: string }[] }>) => {
    const { models } = await list().catch(() => ({ models: [] }));
    return models.map(({ name }) => name);
  };
  const found = await completions(words, {
    commandNames: commandTable.flatMap(({ name, aliases }) => [name, ...aliases]),
    rootFlags,
    command: async (name) => findCommand(name)?.load(),
    models: () => namesOf(() => client.list()),
    running: () => namesOf(() => client.ps()),
    integrations: async () =>
      (await import('./launch/integration-table.ts')).visibleIntegrations.map(({ name }) => name),
  });
  stdout.write(found.map((name) => `${name}\n`).join(''));
}
