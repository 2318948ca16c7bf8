import type { ShownSetting } from '../api/config.ts';
import { withoutSecrets } from '../api/without-secrets.ts';
import type { ReadSettings } from './config.ts';
import { isLive } from './live-keys.ts';
import { settingText, settingValue } from './setting-text.ts';
import { type SettingKey, settings } from './settings.ts';

const keys = Object.keys(settings) as SettingKey[];

/**
 * Every setting with its value and the source of the value, without secrets: none of the settings is one, but people write
 * passwords into addresses.
 */
export function shownSettings({ config, sources }: Pick<ReadSettings, 'config' | 'sources'>): ShownSetting[] {
  return keys.map((key) => {
    const { name, help } = settings[key];
    const value = settingValue(config, key);
    return {
      name,
      value: withoutSecretsIn(value),
      text: withoutSecrets(settingText(config, key)),
      source: sources.get(name) ?? 'default',
      live: isLive(key),
      help,
    };
  });
}

function withoutSecretsIn(value: ShownSetting['value']): ShownSetting['value'] {
  if (typeof value === 'string') return withoutSecrets(value);
  return typeof value === 'object' ? value.map(withoutSecrets) : value;
}
