import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import type { Family } from '../families/family.ts';
import { classDefaults } from './class-defaults.ts';
import { Config } from './config.ts';

/** Sections of config.json that hold the settings of the language model, where other parts stand beside it. */
const textSections = ['text_config', 'llm_config', 'language_config'];

/**
 * The name of the model's class.
 * @throws OllamaError `invalid-request` when config.json has none
 */
export function architectureOf(settings: JsonObject): string {
  const { architectures } = settings;
  const name = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof name === 'string') return name;
  throw new OllamaError(
    'invalid-request',
    'config.json has no "architectures", which names the class of the model',
  );
}

/**
 * The settings of the language model: those of its section before those around it, then what its class assumes. A null counts
 * as stated: it takes the place of the default.
 */
export function completeConfig(settings: JsonObject, family: Family): Config {
  const section = textSections.map((name) => settings[name]).find(isJsonObject) ?? {};
  const types = [section.model_type, settings.model_type];
  const type = family.modelTypes.find((known) => types.includes(known)) ?? family.modelTypes[0] ?? '';
  const defaults = Object.hasOwn(classDefaults, type) ? classDefaults[type] : {};
  const values = new Map([defaults ?? {}, settings, section].flatMap(Object.entries<unknown>));
  const assumed = Object.keys(defaults ?? {}).filter((name) => !(name in settings) && !(name in section));
  const config = new Config(values, 'config.json', new Set(assumed));
  return family.complete?.(config) ?? config;
}
