import { OllamaError } from '../base/errors.ts';
import { nearNames } from '../config/nearest-name.ts';

interface NamedCommand {
  readonly name: string;
  readonly aliases: readonly string[];
}

const NO_ACCOUNT = 'there are no accounts here';
/** What commands of Ollama that are not here were for. */
const absentCommands = new Map([
  ['signin', `${NO_ACCOUNT}, "ollama login REGISTRY" stores a password or token of a registry`],
  ['signout', `${NO_ACCOUNT}, "ollama logout REGISTRY" forgets the password or token of a registry`],
  [
    'launch',
    'start the other program yourself, with OPENAI_BASE_URL=http://127.0.0.1:11434/v1 or ANTHROPIC_BASE_URL=http://127.0.0.1:11434',
  ],
]);

/** Names what comes nearest, or what to do instead. */
export function unknownCommand(name: string, commands: readonly NamedCommand[]): OllamaError {
  const instead = absentCommands.get(name);
  const text = `unknown command "${name}" for "ollama"`;
  if (instead !== undefined) return new OllamaError('invalid-request', `${text}: ${instead}`);
  const near = nearCommands(name, commands);
  const hint =
    near.length > 0 ? `\n\nDid you mean this?\n${near.map((other) => `\t${other}\n`).join('')}` : '';
  return new OllamaError('invalid-request', `${text}${hint}`);
}

/** Each command once, under its own name where that is near. */
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
