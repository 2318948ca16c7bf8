/** Checks the names of models and aliases in a config file. */
import { ModelName } from '../../names/model-name.ts';
import type { Problem } from './file-schema.ts';

/** A key that is equal for all spellings of a name, which differ in letter case and in optional parts. */
export function nameKey(name: ModelName): string {
  return name.full.toLowerCase();
}

/** Reports invalid names, and names that occur twice in different spellings. */
export function* modelNameProblems(names: readonly string[]): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const text of names) {
    const name = ModelName.tryParse(text);
    if (!name) {
      yield { isOfKey: true, path: [text], message: 'is not a valid model name' };
      continue;
    }
    const earlier = seen.get(nameKey(name));
    if (earlier !== undefined) {
      yield { isOfKey: true, path: [text], message: `is the same name as "${earlier}"` };
    }
    seen.set(nameKey(name), text);
  }
}

/** Reports settings of a model whose name belongs to an alias, so that no request could reach the model. */
export function* misplacedProblems(
  models: readonly string[],
  aliases: readonly string[],
): Generator<Problem> {
  const keyOf = (text: string) => {
    const name = ModelName.tryParse(text);
    return name && nameKey(name);
  };
  const taken = new Set(aliases.map(keyOf).filter((key) => key !== undefined));
  for (const text of models) {
    const key = keyOf(text);
    if (key === undefined || !taken.has(key)) continue;
    yield { isOfKey: true, path: ['models', text], message: 'is an alias: put its settings under "aliases"' };
  }
}

type Aliases = Readonly<Record<string, { readonly model: string }>>;

/** Like `modelNameProblems`; also reports invalid targets and aliases that lead back to themselves. */
export function* aliasProblems(aliases: Aliases): Generator<Problem> {
  yield* modelNameProblems(Object.keys(aliases));
  const targets = new Map<string, string>();
  for (const [text, { model }] of Object.entries(aliases)) {
    const [name, target] = [ModelName.tryParse(text), ModelName.tryParse(model)];
    if (!target) yield { path: [text, 'model'], message: `"${model}" is not a valid model name` };
    if (name && target) targets.set(nameKey(name), nameKey(target));
  }
  for (const text of Object.keys(aliases)) {
    if (leadsToItself(text, targets)) yield { isOfKey: true, path: [text], message: 'leads back to itself' };
  }
}

function leadsToItself(text: string, targets: ReadonlyMap<string, string>): boolean {
  const name = ModelName.tryParse(text);
  if (!name) return false;
  const start = nameKey(name);
  const passed = new Set<string>();
  for (let at = targets.get(start); at !== undefined && !passed.has(at); at = targets.get(at)) {
    if (at === start) return true;
    passed.add(at);
  }
  return false;
}
