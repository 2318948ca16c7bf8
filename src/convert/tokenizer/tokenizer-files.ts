import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { readSource } from '../read-source.ts';
import type { SourceFile } from '../source-file.ts';
import { tokenizerLimits } from './limits.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The files of a folder by their names, read within bounds. */
export class TokenizerFiles {
  readonly #files: ReadonlyMap<string, SourceFile>;

  constructor(files: readonly SourceFile[]) {
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  find(name: string): SourceFile | undefined {
    return this.#files.get(name);
  }

  /** Files of a folder within the folder, by name. */
  within(folder: string, ending: string): SourceFile[] {
    return [...this.#files.values()]
      .filter(({ name }) => name.startsWith(`${folder}/`) && name.endsWith(ending))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** @throws OllamaError when the file is larger than `maxBytes` */
  async bytes(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const file = this.#files.get(name);
    return file && (await readSource(file, maxBytes));
  }

  /** @throws OllamaError when the file is too large or not UTF-8 */
  async text(name: string, maxBytes: number = tokenizerLimits.templateBytes): Promise<string | undefined> {
    const bytes = await this.bytes(name, maxBytes);
    if (bytes === undefined) return undefined;
    try {
      return decoder.decode(bytes);
    } catch {
      throw damaged(name, 'is not UTF-8 text');
    }
  }

  /** @throws OllamaError when the file is too large, not UTF-8, not JSON or not an object */
  async json(
    name: string,
    maxBytes: number = tokenizerLimits.settingsBytes,
  ): Promise<JsonObject | undefined> {
    const text = await this.text(name, maxBytes);
    if (text === undefined) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (isJsonObject(value)) return value;
    } catch {
      throw damaged(name, 'is not valid JSON: download it again');
    }
    throw damaged(name, 'is not a JSON object: download it again');
  }
}

/** A tokenizer file that cannot be used. */
export function damaged(name: string, problem: string): OllamaError {
  return new OllamaError('invalid-request', `${name} ${problem}`);
}
