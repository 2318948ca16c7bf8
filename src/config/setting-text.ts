import { formatDuration } from '../base/duration.ts';
import type { Config } from './config.ts';
import { hostUrl } from './host.ts';
import type { SettingKey } from './settings.ts';

/** A setting's value for people and programs: durations as text, "-1" for those without an end, 0 for no limit. */
export function settingValue(config: Config, key: SettingKey): string | number | boolean | readonly string[] {
  const value = config[key];
  if (typeof value === 'number' && key.endsWith('Ms')) {
    return value === Number.POSITIVE_INFINITY ? '-1' : formatDuration(value);
  }
  if (value === Number.POSITIVE_INFINITY) return 0;
  return typeof value === 'object' && 'port' in value ? hostUrl(value) : value;
}
