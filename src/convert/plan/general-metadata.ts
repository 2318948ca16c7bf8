import type { GgufValue } from '../../gguf/types.ts';
import { float, text } from '../families/metadata-rows.ts';
import { Config } from '../hugging-face/config.ts';
import type { Folder } from '../hugging-face/folder.ts';

type Entry = readonly [key: string, value: GgufValue];

/** Settings of generation_config.json that the file keeps, in the order of the reference. */
const samplingKeys: readonly {
  readonly key: string;
  readonly names: readonly string[];
  readonly isInteger?: true;
}[] = [
  { key: 'top_k', names: ['top_k'], isInteger: true },
  { key: 'top_p', names: ['top_p'] },
  { key: 'min_p', names: ['min_p'] },
  { key: 'xtc_probability', names: ['xtc_probability'] },
  { key: 'xtc_threshold', names: ['xtc_threshold'] },
  { key: 'temp', names: ['temperature'] },
  { key: 'penalty_last_n', names: ['penalty_last_n'], isInteger: true },
  { key: 'penalty_repeat', names: ['penalty_repeat', 'repetition_penalty'] },
  { key: 'mirostat', names: ['mirostat'], isInteger: true },
  { key: 'mirostat_tau', names: ['mirostat_tau'] },
  { key: 'mirostat_eta', names: ['mirostat_eta'] },
];

/** Bounds of a 32-bit integer with a sign. */
const int32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/** The keys before those of the architecture. */
export async function generalMetadata(
  folder: Folder,
  model: {
    readonly architecture: string;
    readonly name: string | undefined;
    readonly sizeLabel: string | undefined;
  },
): Promise<Entry[]> {
  const entries: Entry[] = [
    ['general.architecture', text(model.architecture)],
    ['general.type', text('model')],
    ...(await samplingMetadata(folder)),
  ];
  if (model.name !== undefined) entries.push(['general.name', text(model.name)]);
  if (model.sizeLabel !== undefined) entries.push(['general.size_label', text(model.sizeLabel)]);
  return entries;
}

async function samplingMetadata(folder: Folder): Promise<readonly Entry[]> {
  const name = 'generation_config.json';
  const settings = await folder.settings(name);
  if (!settings) return [];
  const config = new Config(settings, name);
  const entries: Entry[] = [];
  for (const { key, names, isInteger } of samplingKeys) {
    const value = isInteger ? config.optionalInteger(names, int32) : config.optionalNumber(names);
    if (value === undefined) continue;
    entries.push([`general.sampling.${key}`, isInteger ? { type: 'i32', value } : float(value)]);
  }
  return entries;
}
