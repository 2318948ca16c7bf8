import type { TagsModel } from '../../api/tags.ts';

/** A model in the form of Anthropic's model list. */
export function anthropicModel({ name, modified_at: modified }: TagsModel): object {
  return { type: 'model', id: name, display_name: name, created_at: modified };
}

export function anthropicModels(models: readonly TagsModel[]): object {
  return {
    data: models.map(anthropicModel),
    has_more: false,
    first_id: models[0]?.name ?? null,
    last_id: models.at(-1)?.name ?? null,
  };
}
