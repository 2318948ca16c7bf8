/** Settings of the rotary position embedding, and the keys that the engine reads. */
import type { Config } from '../hugging-face/config.ts';
import type { ConfigCheck, ExtraTensor, MetadataEntry, PlanScope } from './family.ts';
import { float, integer, text } from './metadata-rows.ts';

/** Kinds of scaling that every family can write as keys. */
const commonTypes: readonly string[] = ['default', 'none', 'linear', 'yarn'];

/** Keys of `rope_scaling` that yarn may have beside its factor, and where they go. */
const yarnKeys: readonly (readonly [key: string, ...names: string[]])[] = [
  ['rope.scaling.yarn_ext_factor', 'extrapolation_factor'],
  ['rope.scaling.yarn_attn_factor', 'attention_factor', 'attn_factor'],
  ['rope.scaling.yarn_beta_fast', 'beta_fast'],
  ['rope.scaling.yarn_beta_slow', 'beta_slow'],
];

const thetaNames = [
  'global_rope_theta',
  'rope_global_theta',
  'rope_theta_global',
  'rope_theta',
  'rotary_emb_base',
];
const localThetaNames = [
  'local_rope_theta',
  'rope_local_theta',
  'rope_theta_local',
  'swa_rope_theta',
  'rope_local_base_freq',
];

/** The rope of the layers that see everything, and the base frequency of those that see a window. */
export interface Rope {
  readonly type: string | undefined;
  readonly theta: number | undefined;
  readonly windowTheta: number | undefined;
  readonly originalContext: number | undefined;
  readonly partialFactor: number | undefined;
  /** The settings as they stand, for keys of a single type; absent where there are none. */
  readonly scaling: Config | undefined;
}

/** Reads both forms: `rope_scaling` beside `rope_theta`, and the newer `rope_parameters` that holds all of it. */
export function ropeOf(config: Config): Rope {
  const all = config.optionalSection('rope_parameters') ?? config.optionalSection('rope_scaling');
  const full = all?.optionalSection('full_attention');
  const window = all?.optionalSection('sliding_attention');
  const scaling = full ?? all;
  const isSplit = full !== undefined || window !== undefined;
  const outer = isSplit ? undefined : config;
  return {
    type: scaling?.optionalText('rope_type') ?? (isSplit ? undefined : scaling?.optionalText('type')),
    theta: scaling?.optionalNumber('rope_theta') ?? outer?.optionalNumber(thetaNames),
    windowTheta: isSplit ? window?.optionalNumber('rope_theta') : config.optionalNumber(localThetaNames),
    originalContext:
      scaling?.optionalInteger('original_max_position_embeddings') ??
      outer?.optionalInteger('original_max_position_embeddings'),
    partialFactor:
      scaling?.optionalNumber('partial_rotary_factor') ??
      outer?.optionalNumber(['partial_rotary_factor', 'rope_pct', 'rope_percent']),
    scaling,
  };
}

/** Keys of the scaling, in the order of the reference. */
export function ropeScalingRow({ config }: PlanScope): readonly MetadataEntry[] {
  const { type, scaling, originalContext } = ropeOf(config);
  if (type === 'su' || type === 'longrope') return [['rope.scaling.type', text('longrope')]];
  const factor = scaling?.optionalNumber('factor');
  if (!scaling || factor === undefined || (type !== 'linear' && type !== 'yarn')) return [];
  const entries: MetadataEntry[] = [
    ['rope.scaling.type', text(type)],
    ['rope.scaling.factor', float(factor)],
  ];
  if (type === 'linear') return entries;
  if (originalContext === undefined) {
    throw config.error('rope_scaling', 'an object with "original_max_position_embeddings", which yarn needs');
  }
  entries.push(['rope.scaling.original_context_length', integer(originalContext)]);
  for (const [key, ...names] of yarnKeys) {
    const value = scaling.optionalNumber(names);
    if (value !== undefined) entries.push([key, float(value)]);
  }
  return entries;
}

export function ropeBaseRow({ config }: PlanScope): readonly MetadataEntry[] {
  const { theta, windowTheta } = ropeOf(config);
  const entries: MetadataEntry[] = [];
  if (theta !== undefined) entries.push(['rope.freq_base', float(theta)]);
  if (windowTheta !== undefined) entries.push(['rope.freq_base_swa', float(windowTheta)]);
  return entries;
}

/** Refuses kinds of scaling that the family cannot write; the reference leaves them out of the file. */
export function ropeTypes(...more: string[]): ConfigCheck {
  const known = [...commonTypes, ...more];
  return (config) => {
    const { type } = ropeOf(config);
    if (type === undefined || known.includes(type)) return undefined;
    return `the rope type "${type}" in config.json is not what the engine computes for this architecture (${known.join(', ')})`;
  };
}

export const knownRopeType: ConfigCheck = ropeTypes();

/** For architectures that the engine computes without any scaling. */
export const plainRope: ConfigCheck = (config) => {
  const { type = 'default' } = ropeOf(config);
  return type === 'default' ? undefined : otherwise(`"rope_scaling" of type "${type}"`);
};

/**
 * The engine computes YaRN with the values of its paper, whatever the file says, except for a few architectures: how much the
 * scores grow, and the dimensions between which it mixes.
 */
export const yarnOfPaper: ConfigCheck = (config) => yarnGrows(config) ?? yarnBounds()(config);

/** Refuses a growth of the scores that is not the paper's. */
export const yarnGrows: ConfigCheck = (config) => {
  const { type, scaling } = ropeOf(config);
  if (type !== 'yarn' || !scaling) return undefined;
  const factor = scaling.number('factor');
  const growth = attentionGrowth(scaling, factor);
  if (growth === undefined || Math.abs(growth - yarnGrowth(factor)) <= GROWTH_TOLERANCE) return undefined;
  return otherwise(`"rope_scaling" with an attention factor of ${growth}`);
};

/**
 * Refuses bounds between the mixed dimensions that are not the paper's.
 * @param exceptions settings that the engine ignores to little effect
 */
export function yarnBounds(...exceptions: string[]): ConfigCheck {
  const values = Object.entries({ beta_fast: 32, beta_slow: 1, truncate: true });
  const checked = values.filter(([key]) => !exceptions.includes(key));
  return (config) => {
    const { type, scaling } = ropeOf(config);
    if (type !== 'yarn' || !scaling) return undefined;
    const [name] = checked.find(([key, value]) => (scaling.value(key) ?? value) !== value) ?? [];
    return name === undefined ? undefined : otherwise(`"rope_scaling" with this "${name}"`);
  };
}

/** Files give the factor with about seven digits. */
const GROWTH_TOLERANCE = 1e-5;

/** What the settings say about the growth of scores; undefined leaves it to YaRN. */
function attentionGrowth(scaling: Config, factor: number): number | undefined {
  const stated = scaling.optionalNumber(['attention_factor', 'attn_factor']);
  const [scale, scaleOfAll] = [scaling.optionalNumber('mscale'), scaling.optionalNumber('mscale_all_dim')];
  if (stated !== undefined || !scale || !scaleOfAll) return stated;
  return yarnGrowth(factor, scale) / yarnGrowth(factor, scaleOfAll);
}

function yarnGrowth(factor: number, scale = 1): number {
  return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
}

function otherwise(what: string): string {
  return `${what} in config.json is not what the engine computes for this architecture`;
}

/**
 * Llama 3's scaling: how much slower each pair of a head rotates, by its wavelength. The steps round to 32 bits where torch
 * does in the reference; it divides a number by a tensor in two steps.
 */
export function llama3Frequencies({ config }: PlanScope): readonly ExtraTensor[] {
  const { type, scaling, theta = 10_000, originalContext = 8192 } = ropeOf(config);
  if (type?.toLowerCase() !== 'llama3' || !scaling) return [];
  const size = headSize(config);
  const factor = scaling.optionalNumber('factor') ?? 8;
  const low = scaling.optionalNumber('low_freq_factor') ?? 1;
  const high = scaling.optionalNumber('high_freq_factor') ?? 4;
  if (factor <= 0 || low <= 0 || high <= low) {
    throw config.error(
      'rope_scaling',
      'an object with "factor" above 0 and "high_freq_factor" above "low_freq_factor"',
    );
  }
  const values: number[] = [];
  for (let pair = 0; pair < size; pair += 2) {
    const frequency = Math.fround(1 / Math.fround(Math.fround(theta) ** Math.fround(pair / size)));
    const wavelength = Math.fround(Math.fround(1 / frequency) * Math.fround(2 * Math.PI));
    values.push(slowdown(wavelength, { factor, low, high, originalContext }));
  }
  return [{ name: 'rope_freqs.weight', data: { kind: 'values', shape: [values.length], values } }];
}

interface Llama3Scaling {
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  readonly originalContext: number;
}

function slowdown(wavelength: number, { factor, low, high, originalContext }: Llama3Scaling): number {
  if (wavelength < Math.fround(originalContext / high)) return 1;
  if (wavelength > Math.fround(originalContext / low)) return factor;
  const turns = Math.fround(Math.fround(1 / wavelength) * originalContext);
  const smooth = Math.fround(Math.fround(turns - Math.fround(low)) / Math.fround(high - low));
  const mixed = Math.fround(Math.fround(Math.fround(1 - smooth) / Math.fround(factor)) + smooth);
  return Math.fround(1 / mixed);
}

/** Values of one head. */
export function headSize(config: Config): number {
  return config.optionalInteger('head_dim') ?? sharedHeadSize(config);
}

/** Values of one head where the heads share the hidden size, as most models without `head_dim` do. */
export function sharedHeadSize(config: Config): number {
  const heads = config.integer('num_attention_heads', { minimum: 1 });
  return Math.floor(config.integer('hidden_size') / heads);
}
