import type { LaunchModel } from '../integration.ts';

/** A model as Pi and the programs that took over its format describe it. */
export function modelEntry({ name, hasVision, contextLength }: LaunchModel): Record<string, unknown> {
  return {
    id: name,
    name,
    input: hasVision ? ['text', 'image'] : ['text'],
    ...(contextLength !== undefined && { contextWindow: contextLength }),
  };
}

/**
 * Our entries, each with what the user added to it, then the user's own entries.
 * @param present the list so far, from a file
 */
export function mergedEntries(
  models: readonly LaunchModel[],
  present: unknown,
  write: (model: LaunchModel) => Record<string, unknown> = modelEntry,
): unknown[] {
  const entries = Array.isArray(present) ? present : [];
  const names = new Set(models.map(({ name }) => name));
  const known = (id: string) => entries.find((entry) => idOf(entry) === id);
  const ours = models.map((model) => ({ ...(known(model.name) as object | undefined), ...write(model) }));
  return [...ours, ...entries.filter((entry) => !names.has(idOf(entry) ?? ''))];
}

function idOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || !('id' in entry)) return undefined;
  return typeof entry.id === 'string' ? entry.id : undefined;
}
