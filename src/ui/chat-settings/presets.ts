/** Named settings that this browser keeps for all chats. */
import { stored } from '../app/stored.ts';
import type { ChatSettings } from '../chats/chat-message.ts';
import { readSettings } from './chat-settings.ts';
import { isObject } from './json-value.ts';

export interface Preset {
  readonly name: string;
  /** Without the model. */
  readonly settings: ChatSettings;
}

/** More could not be found in a list. */
const MAX_PRESETS = 100;
const MAX_NAME_CHARACTERS = 60;
/** What a browser lets a page keep is about five times this. */
const MAX_CHARACTERS = 1_000_000;
export const MAX_FILE_BYTES = 4 * MAX_CHARACTERS;

const FILE_TYPE = 'ollama-presets';
const FILE_VERSION = 1;

export const presets = stored<readonly Preset[]>('presets', [], (value) => Array.isArray(value));

/** Whatever another version of the page kept: only what can be used. */
export function usablePresets(value: unknown): readonly Preset[] {
  if (!Array.isArray(value)) return [];
  const read = value.slice(0, MAX_PRESETS).flatMap((one: unknown) => {
    if (!isObject(one) || typeof one.name !== 'string') return [];
    const name = one.name.trim().slice(0, MAX_NAME_CHARACTERS);
    return name === '' ? [] : [{ name, settings: withoutModel(readSettings(one.settings)) }];
  });
  return [...new Map(read.map((preset) => [preset.name, preset])).values()];
}

function withoutModel({ model: _, ...settings }: ChatSettings): ChatSettings {
  return settings;
}

export type PresetProblem = 'noName' | 'tooMany' | 'tooLong';

/** The list with a preset added, or in the place of the one with the same name. */
export function withPreset(
  all: readonly Preset[],
  name: string,
  settings: ChatSettings,
): readonly Preset[] | PresetProblem {
  const trimmed = name.trim().slice(0, MAX_NAME_CHARACTERS);
  if (trimmed === '') return 'noName';
  const preset = { name: trimmed, settings: withoutModel(readSettings(settings)) };
  const others = all.filter((one) => one.name !== trimmed);
  if (others.length >= MAX_PRESETS) return 'tooMany';
  const list = [...others, preset].sort((one, other) => one.name.localeCompare(other.name));
  return JSON.stringify(list).length > MAX_CHARACTERS ? 'tooLong' : list;
}

/** A file with all presets. */
export function presetsFile(all: readonly Preset[]): string {
  return `${JSON.stringify({ type: FILE_TYPE, version: FILE_VERSION, presets: all }, null, 2)}\n`;
}

/** @returns undefined for a file that is not one of presets */
export function readPresetsFile(text: string): readonly Preset[] | undefined {
  try {
    const file: unknown = JSON.parse(text);
    if (!isObject(file) || file.type !== FILE_TYPE || file.version !== FILE_VERSION) return undefined;
    return usablePresets(file.presets);
  } catch {
    return undefined;
  }
}

/** Both lists; a preset of a file takes the place of one with the same name. */
export function mergedPresets(
  own: readonly Preset[],
  others: readonly Preset[],
): readonly Preset[] | PresetProblem {
  let all: readonly Preset[] = own;
  for (const { name, settings } of others) {
    const next = withPreset(all, name, settings);
    if (typeof next === 'string') return next;
    all = next;
  }
  return all;
}

/** The change of a chat's settings to those of a preset: what the preset does not set is left to the model again. */
export function presetChange(settings: ChatSettings) {
  const { system, options, think, think_budget, format, tools, keep_alive, logprobs, top_logprobs } =
    settings;
  return { system, options, think, think_budget, format, tools, keep_alive, logprobs, top_logprobs };
}
