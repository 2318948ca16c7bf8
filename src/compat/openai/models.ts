import type { TagsModel } from '../../api/tags.ts';

/** @param owner the model's namespace, "library" for those without one */
export function modelObject({ name, modified_at: modified }: TagsModel, owner: string): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(Date.parse(modified) / 1000),
    owned_by: owner,
  };
}
