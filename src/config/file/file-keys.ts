import type { Setting } from '../setting.ts';
import { type SettingKey, settings } from '../settings.ts';
import type { FileForm } from '../values.ts';

/** Types that a setting may have in YAML. */
export type FileValue = string | number | boolean | readonly string[];

/** A setting in a config file. */
export interface FileSetting {
  readonly key: SettingKey;
  /** The variable's name in lower case, without OLLAMA_. */
  readonly fileKey: string;
  readonly setting: Setting<unknown>;
  readonly form: FileForm | undefined;
}

/** Keys that differ from the plain name: `models` is the section of settings for individual models. */
const renamed: Readonly<Record<string, string>> = { OLLAMA_MODELS: 'models_dir' };

function fileKeyOf(name: string): string {
  return renamed[name] ?? name.replace(/^OLLAMA_/, '').toLowerCase();
}

/** All settings except the path of the file itself. */
export const fileSettings: readonly FileSetting[] = (Object.keys(settings) as SettingKey[])
  .filter((key) => key !== 'configFile')
  .map((key) => {
    const setting = settings[key] as Setting<unknown>;
    return { key, fileKey: fileKeyOf(setting.name), setting, form: setting.parse.form };
  });

/** The text that the environment variable would have. */
export function fileText(value: FileValue): string {
  return typeof value === 'object' ? value.join(',') : String(value).trim();
}
