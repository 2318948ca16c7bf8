import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { systemCode } from '../../base/errors.ts';
import { type Environment, userFolder } from '../../config/settings.ts';

export const HISTORY_LENGTH = 100;
/** Only the user may read what they typed. */
const FILE_MODE = 0o600;

/** UTF-16 units. Longer texts were pasted, and are not worth reading at each start. */
const MAX_ENTRY_LENGTH = 16_384;
/** Characters of up to four bytes, in a file of ours; of a longer one the end counts. */
const MAX_FILE_BYTES = 4 * HISTORY_LENGTH * MAX_ENTRY_LENGTH;
/** Unicode's line separator: keeps a text of several lines one entry, and Ollama, which reads this file too, shows it. */
const LINE_SEPARATOR = '\u2028';

/** The texts typed at the prompt, oldest first, one a line. */
export class HistoryFile {
  readonly #path: string;
  #saving = Promise.resolve();

  constructor(environment: Environment) {
    this.#path = join(userFolder(environment), 'history');
  }

  /** @returns the newest lines, oldest first; none when there is no file */
  async load(): Promise<string[]> {
    try {
      const bytes = await readFile(this.#path);
      const lines = bytes.subarray(-MAX_FILE_BYTES).toString('utf8').split(/\r?\n/);
      const entries = lines.filter((line) => line.trim() !== '').slice(-HISTORY_LENGTH);
      return entries.map((line) => line.replaceAll(LINE_SEPARATOR, '\n'));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** Replaces the file, one call after the other. @param lines oldest first */
  save(lines: readonly string[]): Promise<void> {
    const content = lines
      .filter((line) => line.length <= MAX_ENTRY_LENGTH)
      .slice(-HISTORY_LENGTH)
      .map((line) => `${line.replaceAll('\n', LINE_SEPARATOR)}\n`)
      .join('');
    const saved = this.#saving.then(() => writeFileAtomically(this.#path, content, FILE_MODE));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
