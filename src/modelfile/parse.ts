import { OllamaError } from '../base/errors.ts';
import { announcedFence } from './fence.ts';
import {
  type MessageRole,
  type Modelfile,
  type ModelfileCommand,
  messageRoles,
  type TextInstruction,
  textInstructions,
} from './modelfile.ts';
import { decodeModelfile, isBlank, isIgnorable, isNewline } from './text.ts';
import { ValueBuilder } from './value.ts';

/**
 * Parses a Modelfile:
 *
 *     file    = { blank | comment | command }
 *     comment = "#" to the end of the line
 *     command = instruction blank value | "PARAMETER" blank name blank value | "MESSAGE" blank role blank value
 *     value   = text to the end of the line | '"' any text '"' | '"""' any text '"""' | fence any text fence
 *
 * Closing quotes count only at the end of a line. The letter case of instructions is ignored. Unlike in Ollama, CRLF counts
 * as one line end in the line numbers of errors, and more errors have a line number. For fences see `fence.ts`.
 * @param source text, or its bytes in UTF-8 or (with a byte order mark) UTF-16
 * @throws OllamaError `invalid-request`, with the line number if there is one
 */
export function parseModelfile(source: string | Uint8Array): Modelfile {
  const commands = new ModelfileParser(decodeModelfile(source)).parse();
  if (!commands.some((command) => command.instruction === 'from')) {
    throw new OllamaError('invalid-request', 'no FROM line');
  }
  return { commands };
}

class ModelfileParser {
  readonly #text: string;
  #position = 0;
  #line = 1;
  /** The fence that was announced for the value of the next command. */
  #fence: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ModelfileCommand[] {
    const commands: ModelfileCommand[] = [];
    while (this.#skipToCommand()) commands.push(this.#command());
    return commands;
  }

  #skipToCommand(): boolean {
    for (;;) {
      const character = this.#peek();
      if (character === '') return false;
      if (character === '#') this.#fence = announcedFence(this.#skipLine());
      else if (isIgnorable(character)) this.#next();
      else return true;
    }
  }

  #command(): ModelfileCommand {
    const instruction = this.#word(/[A-Za-z]/, () => unknownInstruction).toLowerCase();
    if (instruction === 'parameter') {
      this.#skipBlanks();
      const name = this.#word(
        /\w/,
        (word) => `parameter name ${JSON.stringify(word)} must be letters, digits or "_"`,
      );
      return { instruction, name, value: this.#value() };
    }
    if (instruction === 'message') {
      this.#skipBlanks();
      const role = this.#word(/[A-Za-z]/, () => unknownRole);
      if (!isMessageRole(role)) throw this.#refuse(unknownRole);
      return { instruction, role, value: this.#value() };
    }
    if (!isTextInstruction(instruction)) throw this.#refuse(unknownInstruction);
    return { instruction, value: this.#value() };
  }

  /** Reads a word up to the blank after it. */
  #word(allowed: RegExp, explain: (word: string) => string): string {
    let word = '';
    for (;;) {
      const character = this.#peek();
      if (character === '') throw new OllamaError('invalid-request', `unexpected EOF: ${word}`);
      if (isBlank(character) && word !== '') return word;
      if (isNewline(character)) throw this.#refuse(word === '' ? explain(word) : `${word} has no value`);
      if (!allowed.test(character)) throw this.#refuse(explain(word + character));
      word += this.#next();
    }
  }

  #value(): string {
    const value = new ValueBuilder(this.#fence);
    this.#fence = undefined;
    let lineStart = this.#position;
    for (;;) {
      const character = this.#peek();
      if (character === '' || isNewline(character)) {
        value.add(this.#text.slice(lineStart, this.#position));
        if (value.isComplete()) return value.text();
        if (character === '') throw new OllamaError('invalid-request', 'unexpected EOF');
        value.add(character);
        lineStart = this.#position + character.length;
      }
      this.#next();
    }
  }

  #skipBlanks(): void {
    while (isBlank(this.#peek())) this.#next();
  }

  /** @returns the text that was skipped */
  #skipLine(): string {
    const start = this.#position;
    while (this.#peek() !== '' && !isNewline(this.#peek())) this.#next();
    return this.#text.slice(start, this.#position);
  }

  /** The character at the current position, including both halves of a surrogate pair; "" at the end. */
  #peek(): string {
    const codePoint = this.#text.codePointAt(this.#position);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  #next(): string {
    const character = this.#peek();
    this.#position += character.length;
    const halfOfPair = character === '\r' && this.#peek() === '\n';
    if (isNewline(character) && !halfOfPair) this.#line += 1;
    return character;
  }

  #refuse(reason: string): OllamaError {
    return new OllamaError('invalid-request', `(line ${this.#line}): ${reason}`);
  }
}

const instructionList = '"from", "license", "template", "system", "adapter", "draft", "renderer", "parser"';
const unknownInstruction = `command must be one of ${instructionList}, "parameter", "message", or "requires"`;
const unknownRole = 'message role must be one of "system", "user", or "assistant"';

function isTextInstruction(text: string): text is TextInstruction {
  return textInstructions.some((instruction) => instruction === text);
}

function isMessageRole(text: string): text is MessageRole {
  return messageRoles.some((role) => role === text);
}
