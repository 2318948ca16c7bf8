import type { TagsModel } from '../../api/tags.ts';

/** @param owner the namespace of the model, "library" when it has none */
export function modelObject({ name, modified_at: modified }: TagsModel, owner: string): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(Date.parse(modified) / 1000),
    owned_by: owner,
  };
}
