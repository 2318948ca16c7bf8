/**
 * The state of launches in "~/.ollama/config.json", in the format that Ollama reads and writes. Keys that are unknown here
 * stay.
 */
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import { JsonText } from './files/json-text.ts';

const MAX_BYTES = MIB;
const PRIVATE = 0o600;

export class LaunchState {
  readonly #path: string;
  readonly #json: JsonText;
  readonly #saved: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#json = parse(path, text);
    this.#saved = this.#json.toString();
  }

  /** @param folder the user's folder of Ollama files @throws OllamaError if the file cannot be parsed */
  static async read(folder: string): Promise<LaunchState> {
    const path = join(folder, 'config.json');
    return new LaunchState(path, (await readIfPresent(path)) ?? (await adoptOldFile(folder, path)) ?? '');
  }

  /** The models that an integration was last launched with, the main one first. */
  modelsOf(integration: string): string[] {
    const models = this.#json.get(['integrations', integration, 'models']);
    return Array.isArray(models) ? models.filter((name): name is string => typeof name === 'string') : [];
  }

  /** @param isOnboarded whether the integration has been set up */
  noteModels(integration: string, models: readonly string[], isOnboarded: boolean): void {
    const entry = ['integrations', integration];
    if (!isJsonObject(this.#json.get(entry))) this.#json.set(entry, { models });
    this.#json.set([...entry, 'models'], models);
    if (isOnboarded) this.#json.set([...entry, 'onboarded'], true);
  }

  /** The model that was last run from the menu. */
  get lastModel(): string {
    return String(this.#json.get(['last_model']) ?? '');
  }

  set lastModel(name: string) {
    this.#ensureIntegrations();
    this.#json.set(['last_model'], name);
  }

  /** What was last chosen in the menu: "run" or the name of an integration. */
  get lastSelection(): string {
    return String(this.#json.get(['last_selection']) ?? '');
  }

  set lastSelection(name: string) {
    this.#ensureIntegrations();
    this.#json.set(['last_selection'], name);
  }

  /** Writes the file if something has changed. */
  async save(): Promise<void> {
    const text = this.#json.toString();
    if (text !== this.#saved) await writeFileAtomically(this.#path, text, PRIVATE);
  }

  /** Ollama always writes this key, and writes it first. */
  #ensureIntegrations(): void {
    if (this.#json.get(['integrations']) === undefined) this.#json.set(['integrations'], {});
  }
}

function parse(path: string, text: string): JsonText {
  try {
    const json = new JsonText(text);
    if (isJsonObject(json.get([]))) return json;
    throw new Error('must be an object');
  } catch (error) {
    const message = `failed to parse config: ${messageOf(error)}, at: ${path}: correct the file, or remove it`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}

/** Early versions of Ollama kept the file in a folder of its own. A file that cannot be parsed stays there. */
async function adoptOldFile(folder: string, path: string): Promise<string | undefined> {
  const oldFolder = join(folder, 'config');
  const oldPath = join(oldFolder, 'config.json');
  const text = await readIfPresent(oldPath);
  if (text === undefined) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  await writeFileAtomically(path, text, PRIVATE);
  await rm(oldPath, { force: true });
  // Other files may be in the folder.
  await rmdir(oldFolder).catch(() => undefined);
  return text;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(path, MAX_BYTES)).toString();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
