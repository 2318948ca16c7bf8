/**
 * Every setting, in one table: the environment variable, its parser, its default, its help text, and the words that
 * `ollama config` shows in place of special values. The files of `settings/` each hold one group.
 */
import { engineSettings } from './settings/engine.ts';
import { kvEventSettings } from './settings/kv-events.ts';
import { listeningSettings } from './settings/listening.ts';
import { networkSettings } from './settings/network.ts';
import { observingSettings } from './settings/observing.ts';
import { recordSettings } from './settings/records.ts';
import { serviceSettings } from './settings/service.ts';
import { terminalSettings } from './settings/terminal.ts';

export const settings = {
  ...serviceSettings,
  ...engineSettings,
  ...networkSettings,
  ...observingSettings,
  ...kvEventSettings,
  ...listeningSettings,
  ...recordSettings,
  ...terminalSettings,
} as const;

export type SettingKey = keyof typeof settings;
