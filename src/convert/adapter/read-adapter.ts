import type { JsonObject } from '../../base/json-object.ts';
import { Folder } from '../hugging-face/folder.ts';
import { readSafetensorsHeader } from '../safetensors/read-header.ts';
import type { SourceFile } from '../source-file.ts';
import type { AdapterContents } from './adapted-module.ts';
import { readMlxConfig } from './mlx-config.ts';
import { mlxModules } from './mlx-modules.ts';
import { readPeftConfig } from './peft-config.ts';
import { peftModules } from './peft-modules.ts';
import { quoted, refusal } from './refuse.ts';

const ADAPTER_CONFIG = 'adapter_config.json';

/**
 * Reads an adapter of PEFT or mlx-lm; their settings tell which of them it is.
 * @throws OllamaError `invalid-request` when it is neither, damaged, or not LoRA
 */
export async function readAdapter(files: readonly SourceFile[]): Promise<AdapterContents> {
  const json = await new Folder(files).settings(ADAPTER_CONFIG);
  if (!json)
    throw refusal(`${ADAPTER_CONFIG} is missing: give the whole folder of the adapter, not only its weights`);
  const contents = isMlx(json) ? await readMlx(files, json) : await readPeft(files, json);
  if (contents.modules.length === 0)
    throw refusal('the adapter holds no factors of LoRA: it would change nothing');
  return contents;
}

function isMlx(json: JsonObject): boolean {
  return json.lora_parameters !== undefined || json.fine_tune_type !== undefined;
}

async function readPeft(files: readonly SourceFile[], json: JsonObject): Promise<AdapterContents> {
  const config = readPeftConfig(json);
  const tensors = await readSafetensorsHeader(weightsOf(files, 'adapter_model.safetensors'));
  return { format: 'PEFT', baseClass: config.baseClass, ...peftModules(tensors, config) };
}

async function readMlx(files: readonly SourceFile[], json: JsonObject): Promise<AdapterContents> {
  const config = readMlxConfig(json);
  const tensors = await readSafetensorsHeader(weightsOf(files, 'adapters.safetensors'));
  return { format: 'MLX', baseClass: undefined, modules: mlxModules(tensors, config), dropped: [] };
}

/** The file with the usual name; folders also hold those of earlier steps of the training. */
function weightsOf(files: readonly SourceFile[], usualName: string): SourceFile {
  const usual = files.find(({ name }) => name === usualName);
  if (usual) return usual;
  const weights = files.filter(({ name }) => name.endsWith('.safetensors'));
  const [only] = weights;
  if (only && weights.length === 1) return only;
  const pickle = files.find(({ name }) => /\.(bin|pt|pth|npz)$/.test(name));
  if (!pickle || weights.length > 0) throw refusal(`${usualName} is missing`);
  throw refusal(`${quoted(pickle.name)} is not a safetensors file: save the adapter as ${usualName}`);
}
