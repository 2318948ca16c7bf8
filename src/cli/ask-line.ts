import { OllamaError } from '../base/errors.ts';
import { KIB } from '../base/units.ts';

/** Longer than any secret that a registry would accept. */
const MAX_LINE_LENGTH = 16 * KIB;

interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

const INTERRUPT = '\u0003';
/** Enter and Ctrl-D. */
const ending = ['\r', '\n', '\u0004'];
const erasing = ['\u007f', '\b'];

/** A line that is being typed, up to Enter. */
class TypedLine {
  text = '';
  isDone = false;

  /**
   * @returns the input after Enter, and the text to show
   * @throws OllamaError `canceled` at Ctrl-C
   */
  type(input: string): { rest: string; shown: string } {
    const characters = [...input];
    let shown = '';
    while (characters.length > 0 && !this.isDone) shown += this.#key(characters.shift() ?? '');
    return { rest: characters.join(''), shown };
  }

  #key(character: string): string {
    if (character === INTERRUPT) throw new OllamaError('canceled', 'canceled');
    if (ending.includes(character)) this.isDone = true;
    if (erasing.includes(character)) return this.#erase();
    if (/\p{Cc}/u.test(character)) return '';
    if (this.text.length >= MAX_LINE_LENGTH)
      throw new OllamaError('invalid-request', `the line has more than ${MAX_LINE_LENGTH} characters`);
    this.text += character;
    return character;
  }

  #erase(): string {
    if (this.text === '') return '';
    this.text = [...this.text].slice(0, -1).join('');
    return '\b \b';
  }
}

/**
 * Asks for one line on a terminal. A hidden line is not shown. Input after Enter remains for the next question.
 * @throws OllamaError `canceled` at Ctrl-C
 */
export async function askLine(
  question: string,
  { stdin, stderr }: Terminal,
  { hidden }: { readonly hidden: boolean },
): Promise<string> {
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await readLine(stdin, (shown) => {
      if (!hidden) stderr.write(shown);
    });
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
}

function readLine(stdin: NodeJS.ReadStream, show: (text: string) => void): Promise<string> {
  const line = new TypedLine();
  return new Promise<string>((resolve, reject) => {
    const finish = (settle: () => void) => {
      stdin.off('data', onData).off('end', onEnd);
      stdin.pause();
      settle();
    };
    const onEnd = () => finish(() => resolve(line.text));
    const onData = (input: string) => {
      try {
        const { rest, shown } = line.type(input);
        show(shown);
        if (line.isDone) onEnd();
        if (rest !== '') stdin.unshift(rest, 'utf8');
      } catch (error) {
        finish(() => reject(error));
      }
    };
    stdin.on('data', onData).on('end', onEnd);
    stdin.resume();
  });
}

/** Reads standard input to its end, without the line break that `echo` adds. */
export async function readSecret(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_LINE_LENGTH) {
      const message = `standard input has more than ${MAX_LINE_LENGTH} characters, which is too long for a password or token`;
      throw new OllamaError('invalid-request', message);
    }
  }
  return text.replace(/\r?\n$/, '');
}
