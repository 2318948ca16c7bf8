import type { RequestContext } from '../server-parts.ts';

/** Leaves only the models that the key of a request may use. */
export function usableModels<Named extends { readonly name: string }>(
  context: RequestContext,
  models: readonly Named[],
): Named[] {
  const key = context.get('key');
  return key === undefined || key.mayUseAll ? [...models] : models.filter(({ name }) => key.mayUse(name));
}
