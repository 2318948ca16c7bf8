/** Models of upstreams as lists and `show` describe them. */
import type { ModelDetails } from '../../api/common.ts';
import type { ShowResponse } from '../../api/show.ts';
import type { TagsModel } from '../../api/tags.ts';
import { ModelName } from '../../names/model-name.ts';
import type { ListedModel, RemoteRoute } from '../../upstreams/routing/upstreams.ts';
import { remoteFields } from './remote-fields.ts';

export const noDetails: ModelDetails = {
  parent_model: '',
  format: '',
  family: '',
  families: null,
  parameter_size: '',
  quantization_level: '',
};

/** What nobody knows: the files, if there are any, are elsewhere. */
const NO_DATE = new Date(0).toISOString();

/** Equal for all spellings of a name. */
export function nameKeyOf(name: string): string {
  return (ModelName.tryParse(name)?.short ?? name).toLowerCase();
}

/** The models here and those of upstreams. Of two with one name, the list has the one that requests get first. */
export function withRemote(here: readonly TagsModel[], remote: readonly ListedModel[]): TagsModel[] {
  if (remote.length === 0) return [...here];
  const stored = new Set(here.map(({ name }) => nameKeyOf(name)));
  const shown = remote.filter(({ name, isOverflow }) => !(isOverflow && stored.has(nameKeyOf(name))));
  const hidden = new Set(shown.map(({ name }) => nameKeyOf(name)));
  return [...here.filter(({ name }) => !hidden.has(nameKeyOf(name))), ...shown.map(remoteTag)];
}

function remoteTag({ name, target, upstream, capabilities }: ListedModel): TagsModel {
  return {
    ...{ name, model: name, remote_model: target, remote_host: upstream },
    ...{ modified_at: NO_DATE, size: 0, digest: '', details: noDetails },
    capabilities: [...capabilities],
  };
}

export function showRemote({ candidates }: RemoteRoute): ShowResponse {
  const [first] = candidates;
  return {
    details: noDetails,
    ...(first && remoteFields(first)),
    model_info: {},
    capabilities: [...(first?.capabilities ?? [])],
    modified_at: NO_DATE,
  };
}
