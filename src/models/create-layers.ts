import type { CreateRequest } from '../api/create.ts';
import type { BlobStore } from '../store/blob-store.ts';
import { mediaTypes } from '../store/manifest.ts';
import type { LayerBuilder } from './layer-builder.ts';
import { parseParametersBlob } from './read-model.ts';

/**
 * Applies the texts of the request to the layers of the base model: template, system and messages are replaced,
 * parameters are merged by name, and licences are added. Empty texts change nothing.
 */
export async function applyTexts(
  request: CreateRequest,
  layers: LayerBuilder,
  blobs: BlobStore,
): Promise<void> {
  if (request.template) {
    layers.remove(mediaTypes.template, mediaTypes.prompt);
    await layers.addText(mediaTypes.template, request.template);
  }
  if (request.system) {
    layers.remove(mediaTypes.system);
    await layers.addText(mediaTypes.system, request.system);
  }
  for (const license of [request.license ?? []].flat()) {
    if (license) await layers.addText(mediaTypes.license, license);
  }
  await applyParameters(request, layers, blobs);
  if (request.messages && request.messages.length > 0) {
    layers.remove(mediaTypes.messages);
    await layers.addText(mediaTypes.messages, JSON.stringify(request.messages));
  }
}

/** Unknown stored parameters are kept. Names are sorted so that equal parameters share a blob. */
async function applyParameters(
  request: CreateRequest,
  layers: LayerBuilder,
  blobs: BlobStore,
): Promise<void> {
  if (!request.parameters || Object.keys(request.parameters).length === 0) return;
  const merged: Record<string, unknown> = {};
  for (const { digest } of layers.of(mediaTypes.params)) {
    Object.assign(merged, parseParametersBlob(await blobs.read(digest)));
  }
  Object.assign(merged, request.parameters);
  layers.remove(mediaTypes.params);
  const sorted = Object.entries(merged).sort(([left], [right]) => (left < right ? -1 : 1));
  await layers.addText(mediaTypes.params, JSON.stringify(Object.fromEntries(sorted)));
}
