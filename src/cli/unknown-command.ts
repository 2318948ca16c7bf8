import { OllamaError } from '../base/errors.ts';
import { nearNames } from '../config/nearest-name.ts';

interface NamedCommand {
  readonly name: string;
  readonly aliases: readonly string[];
}

const NO_ACCOUNT = 'this program has no accounts';
/** Ollama's commands that do not exist here, with the alternative to each. */
const absentCommands = new Map([
  ['signin', `${NO_ACCOUNT}; use "ollama login REGISTRY" to store a password or token for a registry`],
  ['signout', `${NO_ACCOUNT}; use "ollama logout REGISTRY" to remove the password or token for a registry`],
]);

/** Creates the error for an unknown command. It names similar commands, or the alternative to one of Ollama's. */
export function unknownCommand(name: string, commands: readonly NamedCommand[]): OllamaError {
  const instead = absentCommands.get(name);
  const text = `unknown command "${name}" for "ollama"`;
  if (instead !== undefined) return new OllamaError('invalid-request', `${text}: ${instead}`);
  const near = nearCommands(name, commands);
  const hint =
    near.length > 0 ? `\n\nDid you mean this?\n${near.map((other) => `\t${other}\n`).join('')}` : '';
  return new OllamaError('invalid-request', `${text}${hint}`);
}

/** Similar commands, each once: by its own name if that is similar, otherwise by its alias. */
function nearCommands(name: string, commands: readonly NamedCommand[]): string[] {
  const owners = new Map(
    commands.flatMap((command) => [command.name, ...command.aliases].map((each) => [each, command])),
  );
  const near = nearNames(name, [...owners.keys()]);
  return near.filter((each) => {
    const own = owners.get(each)?.name ?? each;
    return each === own || !near.includes(own);
  });
}
