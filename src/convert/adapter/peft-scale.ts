import { quoted, refusal } from './refuse.ts';

/** How strong the changes of an adapter's modules are. */
export interface ScaleRule {
  readonly alpha: number;
  readonly alphas: AlphaPattern;
  /** rsLoRA: alpha is divided by the square root of the rank, so that adapters of a large rank stay strong. */
  readonly usesRoot: boolean;
}

/** Alphas of single modules, by the end of their names. */
export type AlphaPattern = ReadonlyMap<string, AlphaKey>;

interface AlphaKey {
  readonly alpha: number;
  /** Place in adapter_config.json: the first key that fits counts. */
  readonly place: number;
  /** Whether the key must be the whole name. */
  readonly isWhole: boolean;
}

/** PEFT reads keys as regular expressions. Those of real adapters are names, whose dots stand for themselves. */
const NAME_KEY = /^\^?(?:[A-Za-z0-9_]|\\?\.)+\$?$/;
/** A model with thousands of experts has fewer modules, and names are shorter. */
const MAX_KEYS = 100_000;
const MAX_KEY_LENGTH = 256;

/** The factor of a module: alpha / rank, or alpha / √rank for rsLoRA. */
export function moduleScale(rule: ScaleRule, name: string, rank: number): number {
  return (alphaOf(rule.alphas, name) ?? rule.alpha) / (rule.usesRoot ? Math.sqrt(rank) : rank);
}

/**
 * Prepares `alpha_pattern` of adapter_config.json.
 * @throws OllamaError `invalid-request` for a key that is not a name
 */
export function alphaPattern(entries: readonly (readonly [key: string, alpha: number])[]): AlphaPattern {
  if (entries.length > MAX_KEYS)
    throw refusal(`"alpha_pattern" has ${entries.length} keys, more than ${MAX_KEYS}`);
  const pattern = new Map<string, AlphaKey>();
  for (const [place, [key, alpha]] of entries.entries()) {
    const end = nameOf(key);
    if (!pattern.has(end)) pattern.set(end, { alpha, place, isWhole: key.startsWith('^') });
  }
  return pattern;
}

function nameOf(key: string): string {
  if (key.length <= MAX_KEY_LENGTH && NAME_KEY.test(key)) {
    return key.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.');
  }
  throw refusal(
    `the key ${quoted(key)} of "alpha_pattern" in adapter_config.json is not a name of modules: regular expressions ` +
      'are not supported, name the modules instead',
  );
}

/** Looks up the name and each of its ends behind a dot. */
function alphaOf(pattern: AlphaPattern, name: string): number | undefined {
  if (pattern.size === 0) return undefined;
  let best = pattern.get(name);
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const key = pattern.get(name.slice(dot + 1));
    if (key && !key.isWhole && (!best || key.place < best.place)) best = key;
  }
  return best?.alpha;
}
