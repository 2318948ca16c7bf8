import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { MIB } from '../../base/units.ts';
import type { SourceFile } from '../source-file.ts';
import { INDEX_NAME } from './check-index.ts';
import { readAnyJson, readJson } from './read-json.ts';
import { refuseUnreadableWeights } from './unreadable-weights.ts';

/** Settings are a few kilobytes; lists of layers and quantized modules make some of them larger. */
const MAX_SETTINGS_BYTES = 8 * MIB;

/** An index has a line of about 100 bytes for each tensor, of which the largest models have 140 thousand. */
const MAX_INDEX_BYTES = 64 * MIB;

/** The files of one model as Hugging Face lays them out. */
export class Folder {
  readonly files: readonly SourceFile[];
  readonly #byName: ReadonlyMap<string, SourceFile>;

  constructor(files: readonly SourceFile[]) {
    this.files = files;
    this.#byName = new Map(files.map((file) => [file.name, file]));
  }

  find(name: string): SourceFile | undefined {
    return this.#byName.get(name);
  }

  /**
   * Settings of a JSON file; undefined when there is no such file.
   * @throws OllamaError `invalid-request` when it is too large or not an object
   */
  async settings(name: string): Promise<JsonObject | undefined> {
    const file = this.find(name);
    return file && readJson(file, MAX_SETTINGS_BYTES);
  }

  /** The file that names the parts of the weights, if there is one. */
  async index(): Promise<JsonObject | undefined> {
    const file = this.find(INDEX_NAME);
    return file && readJson(file, MAX_INDEX_BYTES);
  }

  /** Like `settings`, for files such as modules.json that hold a list. */
  async json(name: string): Promise<unknown> {
    const file = this.find(name);
    return file && readAnyJson(file, MAX_SETTINGS_BYTES);
  }

  /**
   * Files of the weights beside each other in the folder, in the order of their names, which is the order of the tensors.
   * @throws OllamaError `invalid-request` when there are none that can be read
   */
  weights(): readonly SourceFile[] {
    const weights = this.files.filter(({ name }) => name.startsWith('model') && isWeights(name));
    if (weights.length === 0) refuseUnreadableWeights(this.files.map(({ name }) => name));
    return weights.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws OllamaError `invalid-request` */
  async config(): Promise<JsonObject> {
    const config = await this.settings('config.json');
    if (config) return config;
    throw new OllamaError(
      'invalid-request',
      'config.json is missing: give the whole folder, not only the weights',
    );
  }
}

function isWeights(name: string): boolean {
  return name.endsWith('.safetensors') && !name.includes('/');
}
