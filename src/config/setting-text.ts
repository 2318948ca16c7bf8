import { formatDuration } from '../base/duration.ts';
import type { Config } from './config.ts';
import { hostUrl } from './host.ts';
import { type SettingKey, settings } from './settings.ts';
import { valueText } from './value-text.ts';

/** A setting's value for programs: durations as text, "-1" for a duration without end, 0 for no limit. */
export function settingValue(config: Config, key: SettingKey): string | number | boolean | readonly string[] {
  const value = config[key];
  if (typeof value === 'number' && key.endsWith('Ms')) {
    return value === Number.POSITIVE_INFINITY ? '-1' : formatDuration(value);
  }
  if (value === Number.POSITIVE_INFINITY) return 0;
  return typeof value === 'object' && 'port' in value ? hostUrl(value) : value;
}

/** A setting's value for people: "auto", "none", "off", "1 GiB", "5m". */
export function settingText(config: Config, key: SettingKey): string {
  const { parse, words } = settings[key];
  return valueText(config[key], parse.form, words);
}
