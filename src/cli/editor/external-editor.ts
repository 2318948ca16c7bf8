import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { findExecutable } from '../../platform/find-executable.ts';
import { programStart } from '../../platform/program-call.ts';
import { MAX_TEXT_LENGTH, withPlainLineBreaks } from './key-event.ts';

/** Only the user may read the text. */
const FILE_MODE = 0o600;

/** Its programs may not know UTF-8 otherwise, and write the mark themselves. */
const BYTE_ORDER_MARK = '\uFEFF';

export interface EditorChoice {
  /** Value of the setting; "" if not set. Its quotes have been removed, so the variable itself takes precedence. */
  readonly setting: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Asks the file system unless a test does otherwise. */
  readonly isProgram?: (path: string) => boolean;
}

/**
 * Returns the program and its arguments, which the variable may contain too, in quotes if they contain spaces. Windows' own editor for
 * terminals, which is Ollama's choice, is not on all machines.
 */
export function editorCommand(choice: EditorChoice): string[] {
  const { setting, environment, platform } = choice;
  const candidates = [environment.OLLAMA_EDITOR, setting, environment.VISUAL, environment.EDITOR];
  const line = candidates.find((candidate) => candidate?.trim())?.trim() ?? '';
  if (line === '') return [usualEditor(choice)];
  // "C:\Program Files\editor\run.exe", as Windows' own settings write it.
  if (platform === 'win32' && findExecutable(line, choice) !== undefined) return [line];
  return Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|\S+/g), ([whole, double, single]) => {
    return double ?? single ?? whole;
  });
}

function usualEditor(choice: EditorChoice): string {
  if (choice.platform !== 'win32') return 'vi';
  return findExecutable('edit', choice) === undefined ? 'notepad' : 'edit';
}

/**
 * Lets the user edit a text in another program, which gets the terminal.
 * @throws OllamaError if the program cannot be started or fails
 */
export async function editExternally(text: string, command: readonly string[]): Promise<string> {
  const path = join(tmpdir(), `ollama-prompt-${randomUUID()}.txt`);
  try {
    await writeFile(path, text, { mode: FILE_MODE, flag: 'wx' });
    await run([...command, path]);
    const { size } = await stat(path);
    if (size > MAX_TEXT_LENGTH) throw new Error(`the text has more than ${MAX_TEXT_LENGTH} bytes`);
    const edited = (await readFile(path, 'utf8')).replace(BYTE_ORDER_MARK, '');
    return withPlainLineBreaks(edited).replace(/(?<!\n)\n+$/, '');
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? 'no such program or file' : messageOf(error);
    throw new OllamaError(
      'invalid-request',
      `cannot edit in "${command.join(' ')}": ${reason} (set OLLAMA_EDITOR to use another editor)`,
      { cause: error },
    );
  } finally {
    await rm(path, { force: true });
  }
}

function run([name = '', ...words]: readonly string[]): Promise<void> {
  const { platform, env: environment } = process;
  // Elsewhere the system finds it, and says what is wrong with it.
  const path = platform === 'win32' ? (findExecutable(name, { platform, environment }) ?? name) : name;
  const { program, args, ...options } = programStart(path, words);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            signal ? `the editor was ended by ${signal}` : `the editor failed with exit code ${code}`,
          ),
        );
    });
  });
}
