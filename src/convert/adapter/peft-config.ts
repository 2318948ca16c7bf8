import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { Config } from '../hugging-face/config.ts';
import { type AlphaPattern, alphaPattern, moduleScale, type ScaleRule } from './peft-scale.ts';
import { quoted, refusal } from './refuse.ts';

/** What adapter_config.json of PEFT says about all modules. */
export interface PeftConfig {
  readonly baseClass: string | undefined;
  /** What the product of the factors of a module is multiplied with. */
  readonly scale: (moduleName: string, rank: number) => number;
}

const PLACE = 'adapter_config.json';
const MERGE = 'merge it into the model first (merge_and_unload of PEFT)';

/** Settings that change what an adapter computes in ways that the engine cannot, and what they mean. */
const refusedSettings: readonly (readonly [setting: string, meaning: string])[] = [
  ['use_dora', `DoRA adapters cannot be used: ${MERGE}`],
  ['use_qalora', `QALoRA adapters cannot be used: ${MERGE}`],
  ['use_bdlora', `the factors of block-diagonal adapters (use_bdlora) cannot be read: ${MERGE}`],
  ['kasa_config', `KaSA adapters cannot be used: ${MERGE}`],
  ['arrow_config', 'the adapter chooses between other adapters (arrow_config), which is not supported'],
  ['monteclora_config', `MonteCLoRA adapters cannot be used: ${MERGE}`],
  ['layer_replication', `the adapter repeats layers of the base model (layer_replication): ${MERGE}`],
  ['lora_bias', `the adapter trains biases (lora_bias): ${MERGE}`],
  ['target_parameters', `the adapter changes whole parameters (target_parameters): ${MERGE}`],
  ['trainable_token_indices', `the adapter trains single tokens (trainable_token_indices): ${MERGE}`],
  [
    'alora_invocation_tokens',
    'the adapter works only after certain tokens (alora_invocation_tokens), which is not supported',
  ],
  [
    'invocation_string',
    'the adapter works only after a certain text (invocation_string), which is not supported',
  ],
];

/** Starts of `init_lora_weights` for which training also changed the weights of the base model. */
const basesChangedBy: readonly string[] = ['pissa', 'olora', 'corda', 'loftq', 'lora_ga', 'velora'];

/**
 * Reads the settings of an adapter of PEFT (https://huggingface.co/docs/peft/package_reference/lora).
 * @throws OllamaError `invalid-request` for adapters of other kinds, and for settings that the engine cannot follow
 */
export function readPeftConfig(json: JsonObject): PeftConfig {
  const config = new Config(json, PLACE);
  const type = config.text('peft_type');
  if (type !== 'LORA')
    throw refusal(`${quoted(type)} adapters cannot be used: only LoRA adapters can (peft_type LORA)`);
  for (const [setting, meaning] of refusedSettings) {
    if (isSet(json[setting])) throw refusal(meaning);
  }
  refuseWholeModules(config);
  refuseChangedBase(config);
  const rule: ScaleRule = {
    alpha: nonZero(config, 'lora_alpha', config.number('lora_alpha')),
    alphas: readAlphaPattern(config),
    usesRoot: config.flag('use_rslora'),
  };
  return { baseClass: baseClass(config), scale: (name, rank) => moduleScale(rule, name, rank) };
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function refuseWholeModules(config: Config): void {
  const [first] = config.optionalTexts('modules_to_save') ?? [];
  if (first === undefined) return;
  throw refusal(`the adapter trains ${quoted(first)} whole (modules_to_save): ${MERGE}`);
}

function refuseChangedBase(config: Config): void {
  const method = config.value('init_lora_weights');
  if (typeof method !== 'string') return;
  if (!basesChangedBy.some((start) => method.toLowerCase().startsWith(start))) return;
  throw refusal(
    `the adapter fits only a base model that training changed (init_lora_weights ${quoted(method)}): save it ` +
      'again with path_initial_model_for_weight_conversion, which makes a usual adapter of it',
  );
}

function readAlphaPattern(config: Config): AlphaPattern {
  const section = config.optionalSection('alpha_pattern');
  const json = config.value('alpha_pattern');
  if (!section || !isJsonObject(json)) return alphaPattern([]);
  return alphaPattern(Object.keys(json).map((key) => [key, nonZero(section, key, section.number(key))]));
}

/** The engine takes an alpha of zero for one that is absent, which would be the opposite of what it means. */
function nonZero(config: Config, name: string, alpha: number): number {
  if (alpha === 0) throw config.error(name, 'a number other than 0: the adapter would change nothing');
  return alpha;
}

function baseClass(config: Config): string | undefined {
  return config.optionalSection('auto_mapping')?.optionalText('base_model_class');
}
