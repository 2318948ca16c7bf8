import { type Setting, type SettingKey, settings } from '../settings.ts';
import type { FileForm } from '../values.ts';

/** What YAML may hold for a setting. */
export type FileValue = string | number | boolean | readonly string[];

/** A setting as a config file names it. */
export interface FileSetting {
  readonly key: SettingKey;
  /** The variable's name in lower case without OLLAMA_. */
  readonly fileKey: string;
  readonly setting: Setting<unknown>;
  readonly form: FileForm | undefined;
}

/** Where the plain name is taken: `models` holds the settings of single models. */
const renamed: Readonly<Record<string, string>> = { OLLAMA_MODELS: 'models_dir' };

function fileKeyOf(name: string): string {
  return renamed[name] ?? name.replace(/^OLLAMA_/, '').toLowerCase();
}

/** All settings but the name of the file itself. */
export const fileSettings: readonly FileSetting[] = (Object.keys(settings) as SettingKey[])
  .filter((key) => key !== 'configFile')
  .map((key) => {
    const setting = settings[key] as Setting<unknown>;
    return { key, fileKey: fileKeyOf(setting.name), setting, form: setting.parse.form };
  });

/** As the variable would be written. */
export function fileText(value: FileValue): string {
  return typeof value === 'object' ? value.join(',') : String(value).trim();
}
