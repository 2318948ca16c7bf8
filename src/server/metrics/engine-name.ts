import type { ConfiguredModels } from '../../inference/loading/configured-models.ts';
import { ModelName } from '../../names/model-name.ts';

/** The name under which the engine knows a listed model. A pattern of an upstream stays as it is. */
export function engineName(listed: string, models: Pick<ConfiguredModels, 'aliasTarget'>): string {
  const name = ModelName.tryParse(listed);
  return (name && models.aliasTarget(name)) ?? listed;
}
