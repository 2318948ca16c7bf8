import type { Modelfile, ModelfileCommand } from './modelfile.ts';

/**
 * Prints a Modelfile so that `parseModelfile` gives the same commands back. The one text that the grammar cannot
 * hold is a value of several lines in which a line but the last ends with three double quotes.
 */
export function printModelfile(modelfile: Modelfile): string {
  return modelfile.commands.map((command) => `${printCommand(command)}\n`).join('');
}

function printCommand(command: ModelfileCommand): string {
  const value = quote(command.value);
  switch (command.instruction) {
    case 'parameter':
      return `PARAMETER ${command.name} ${value}`;
    case 'message':
      return `MESSAGE ${command.role} ${value}`;
    default:
      return `${command.instruction.toUpperCase()} ${value}`;
  }
}

/** Plain where a plain value reads back as it is: one line, no space around it, no quote in front, not empty. */
function quote(value: string): string {
  const plain = value !== '' && value === value.trim() && !/[\r\n]/.test(value) && !value.startsWith('"');
  if (plain) return value;
  return value.includes('"') ? `"""${value}"""` : `"${value}"`;
}
