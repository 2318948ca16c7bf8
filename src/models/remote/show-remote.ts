import type { ShowResponse } from '../../api/show.ts';
import { capabilitiesOfConfig } from '../capabilities.ts';
import { parametersText } from '../parameters-text.ts';
import { modelDetails } from '../read-model.ts';
import type { RemoteModel } from './remote-model.ts';

/** Describes a stored model that stands for one on another server. */
export function showRemoteModel(remote: RemoteModel): ShowResponse {
  const { host, model, system, messages, parameters, modifiedAt, config } = remote;
  const shown = parametersText(parameters);
  return {
    ...(shown !== '' && { parameters: shown }),
    ...(system !== '' && { system }),
    details: modelDetails(config),
    ...(messages.length > 0 && { messages: [...messages] }),
    ...{ remote_model: model, remote_host: host, model_info: {} },
    capabilities: capabilitiesOfConfig(config.capabilities),
    modified_at: modifiedAt.toISOString(),
  };
}
