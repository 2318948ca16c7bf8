import type { Capability, ProgressResponse } from '../../api/common.ts';
import { requestedModel } from '../../api/common.ts';
import type { CreateRequest } from '../../api/create.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import { mediaTypes } from '../../store/manifest.ts';
import { replaceManifest, type StoredParts } from '../../store/replace-manifest.ts';
import { infoOverrides } from '../create-config.ts';
import { applyTexts } from '../create-layers.ts';
import { LayerBuilder } from '../layer-builder.ts';
import { encodeModelConfig } from '../model-config.ts';

export interface CreateRemoteOptions extends StoredParts {
  /**
   * The host as it is stored.
   * @throws OllamaError `invalid-request` for one that is not allowed
   */
  readonly remoteHost: (host: string) => string;
  readonly signal?: AbortSignal;
}

/** What a model elsewhere can do, unless `info` says otherwise. */
const capabilities: readonly Capability[] = ['completion', 'tools'];

/**
 * Creates a model without weights that stands for one on another server.
 * @throws OllamaError `invalid-request`, `canceled`
 */
export async function* createRemoteModel(
  request: CreateRequest,
  options: CreateRemoteOptions,
): AsyncGenerator<ProgressResponse, void> {
  const { store, signal } = options;
  const name = ModelName.parse(requestedModel(request));
  const { remote_host: host = '', from = '' } = request;
  refuseFiles(request);
  if (from === '') throw refuse("'from' is required: the name of the model on the remote host");
  const remoteHost = options.remoteHost(host);
  const layers = new LayerBuilder(store.blobs, []);
  let isDone = false;
  try {
    await applyTexts(request, layers, store.blobs);
    const config = await layers.writeText(
      mediaTypes.config,
      encodeModelConfig({
        ...{ model_format: '', model_family: '', model_families: null, model_type: '', file_type: '' },
        ...{ remote_host: remoteHost, remote_model: from, capabilities },
        ...infoOverrides(request.info ?? {}),
      }),
    );
    yield { status: 'writing manifest' };
    throwIfCanceled(signal);
    await replaceManifest(name, { config, layers: layers.layers }, options);
    isDone = true;
  } finally {
    if (!isDone) await store.removeUnreferenced([...layers.created]);
  }
  yield { status: 'success' };
}

function refuseFiles(request: CreateRequest): void {
  const { draft_files, files, adapters, quantize, quantization, draft_quantize, template } = request;
  if (draft_files || draft_quantize) throw refuse('DRAFT cannot be used with remote models');
  const given = { files, adapters, quantize: quantize || quantization, template };
  const [wrong] = Object.entries(given).filter(([, value]) => value);
  if (wrong) throw refuse(`${wrong[0]} cannot be used with remote models: leave it out`);
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
