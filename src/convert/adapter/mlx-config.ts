import type { JsonObject } from '../../base/json-object.ts';
import { Config } from '../hugging-face/config.ts';
import { quoted, refusal } from './refuse.ts';

/** What adapter_config.json of mlx-lm says. */
export interface MlxConfig {
  /** What the product of the factors is multiplied with; the same for all modules. */
  readonly scale: number;
}

const PLACE = 'adapter_config.json';
const FUSE = 'fuse it into the model first (mlx_lm.fuse)';

/**
 * Reads the settings of an adapter of mlx-lm (https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/LORA.md).
 * @throws OllamaError `invalid-request` for adapters that are not LoRA
 */
export function readMlxConfig(json: JsonObject): MlxConfig {
  const config = new Config(json, PLACE);
  const type = config.optionalText('fine_tune_type') ?? 'lora';
  if (type === 'dora') throw refusal(`DoRA adapters cannot be used: ${FUSE}`);
  if (type === 'full') throw refusal(`the adapter holds whole weights (fine_tune_type "full"): ${FUSE}`);
  if (type !== 'lora') throw refusal(`adapters with the fine_tune_type ${quoted(type)} cannot be used`);
  const parameters = config.optionalSection('lora_parameters');
  if (!parameters) throw config.error('lora_parameters', 'an object with a "scale"');
  const scale = parameters.number('scale');
  if (scale === 0) throw parameters.error('scale', 'a number other than 0: the adapter would change nothing');
  return { scale };
}
