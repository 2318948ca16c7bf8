import type { TagsModel } from '../../api/tags.ts';

/** A model as Anthropic's clients list it. */
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
