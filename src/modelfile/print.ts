import { fenceComment, fenceFor } from './fence.ts';
import type { Modelfile, ModelfileCommand } from './modelfile.ts';
import { plainValue, trimIgnorable, trimIgnorableEnd } from './text.ts';

/**
 * Prints a Modelfile so that `parseModelfile` gives the same commands back, whatever their values. Ollama reads it
 * alike, but for two kinds of values that its grammar cannot hold: those with characters that it drops (controls), and
 * those with a line but the last that ends with three double quotes, which stand behind a comment and between longer
 * rows of quotes.
 */
export function printModelfile(modelfile: Modelfile): string {
  return modelfile.commands.map(printCommand).join('');
}

function printCommand(command: ModelfileCommand): string {
  const { quote, comment } = quoting(command.value);
  return `${comment}${opening(command)} ${quote}${command.value}${quote}\n`;
}

function opening(command: ModelfileCommand): string {
  switch (command.instruction) {
    case 'parameter':
      return `PARAMETER ${command.name}`;
    case 'message':
      return `MESSAGE ${command.role}`;
    default:
      return command.instruction.toUpperCase();
  }
}

interface Quoting {
  readonly quote: string;
  /** A line in front of the instruction, or "". */
  readonly comment: string;
}

function quoting(value: string): Quoting {
  if (isPlain(value)) return { quote: '', comment: '' };
  if (!value.includes('"')) return { quote: '"', comment: '' };
  if (!endsEarly(value)) return { quote: '"""', comment: '' };
  const fence = fenceFor(value);
  return { quote: fence, comment: `${fenceComment(fence)}\n` };
}

/** Where a plain value reads back as it is: one line, nothing around it or in it that is dropped, no quote in front. */
function isPlain(value: string): boolean {
  if (value === '' || /[\r\n]/.test(value)) return false;
  return value === plainValue(value) && !trimIgnorable(value).startsWith('"');
}

/** Whether `"""` would end at a line but the last. */
function endsEarly(value: string): boolean {
  const innerLines = value.split(/[\r\n]/).slice(0, -1);
  return innerLines.some((line) => trimIgnorableEnd(line).endsWith('"""'));
}
