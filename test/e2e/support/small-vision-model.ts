/** Models with random weights that see: a text model like Gemma 3 with its projector. */
import { join } from 'node:path';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { type RandomProjector, u32, writeRandomProjector } from '../../oracle/random-projector.ts';
import type { TestServer } from './server-process.ts';
import { createModel, upload } from './server-requests.ts';

/** Values per row of the text model. */
const WIDTH = 32;
/** Tokens of a picture, beside the tags around it: 6 x 6 patches, of which 2 x 2 become one row. */
export const ROWS_OF_PICTURE = 9;

const small: RandomProjector = {
  ...{ type: 'gemma3', imageSize: 84, patchSize: 14, width: 96, heads: 3, blocks: 2, feedForward: 160 },
  rowWidth: WIDTH,
  keys: { 'vision.projector.scale_factor': u32(2) },
  tensors: { 'mm.input_projection.weight': [WIDTH, 96], 'mm.soft_emb_norm.weight': [96] },
};

export interface VisionModelOptions {
  /** Further metadata of the text model. */
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly template?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * Creates one on a server.
 * @param folder for its files
 */
export async function createVisionModel(
  server: Pick<TestServer, 'url'>,
  name: string,
  folder: string,
  { metadata = {}, ...request }: VisionModelOptions = {},
): Promise<void> {
  const [text, projector] = [join(folder, `${name}-text.gguf`), join(folder, `${name}-projector.gguf`)];
  await writeRandomArchitecture(text, 'gemma3', metadata);
  await writeRandomProjector(projector, small);
  const files = { 'model.gguf': await upload(server, text), 'mmproj.gguf': await upload(server, projector) };
  await createModel(server, name, text, { files, ...request });
}
