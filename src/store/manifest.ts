import { z } from 'zod';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { type Digest, isDigest, parseDigest } from '../names/digest.ts';

/** Manifests take a few KB; those of tensor-layer models a few hundred KB. Larger ones are an attack or an accident. */
export const MAX_MANIFEST_BYTES = 4 * MIB;

/** Tensor-layer models have one layer per tensor, about ten thousand at most. */
const MAX_LAYERS = 100_000;

export const MANIFEST_MEDIA_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** Contents of a layer. `prompt` is an old name of `template`. */
export const mediaTypes = {
  model: 'application/vnd.ollama.image.model',
  projector: 'application/vnd.ollama.image.projector',
  adapter: 'application/vnd.ollama.image.adapter',
  draft: 'application/vnd.ollama.image.draft',
  template: 'application/vnd.ollama.image.template',
  prompt: 'application/vnd.ollama.image.prompt',
  system: 'application/vnd.ollama.image.system',
  params: 'application/vnd.ollama.image.params',
  messages: 'application/vnd.ollama.image.messages',
  license: 'application/vnd.ollama.image.license',
  tensor: 'application/vnd.ollama.image.tensor',
  json: 'application/vnd.ollama.image.json',
  config: 'application/vnd.docker.container.image.v1+json',
} as const;

export interface Layer {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The model or file that the layer was made from. */
  readonly from?: string | undefined;
  /** Tensor name or JSON path of `tensor` and `json` layers. */
  readonly name?: string | undefined;
}

/** Docker image manifest, schema 2. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Layer;
  readonly layers: readonly Layer[];
  /** Set when the weights were merged: SHA-256 of the parts' digests. Our own field; other programs ignore it. */
  readonly mergedFrom?: Digest;
}

/** Key of `mergedFrom` in the annotations that OCI manifests may have. */
const MERGED_FROM = 'ollama-ts.merged-from';

const digestSchema = z
  .string()
  .transform((text) => text.replace(/^sha256-/, 'sha256:').toLowerCase())
  .refine(isDigest, 'invalid digest format')
  .transform(parseDigest);

const layerSchema = z.object({
  mediaType: z.string(),
  digest: digestSchema,
  size: z.number().int().nonnegative(),
  from: z.string().optional(),
  name: z.string().optional(),
});

/** Anyone may write annotations, so anything that is not our own is ignored. */
const annotationsSchema = z
  .object({ [MERGED_FROM]: digestSchema.optional() })
  .optional()
  .catch(undefined);

const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().default(MANIFEST_MEDIA_TYPE),
  config: layerSchema,
  /** Ollama writes null for a model without weights of its own. */
  layers: z
    .array(layerSchema)
    .max(MAX_LAYERS)
    .nullable()
    .transform((layers) => layers ?? []),
  annotations: annotationsSchema,
});

/**
 * Reads a manifest from disk or from a registry.
 * @throws OllamaError `invalid-request` naming the first bad field
 */
export function parseManifest(bytes: string | Uint8Array): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new OllamaError('invalid-request', `invalid manifest: larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  const result = manifestSchema.safeParse(parseJson(text));
  if (result.success) {
    const { annotations, ...manifest } = result.data;
    const mergedFrom = annotations?.[MERGED_FROM];
    return { ...manifest, ...(mergedFrom && { mergedFrom }) };
  }
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || 'manifest';
  throw new OllamaError('invalid-request', `invalid manifest: ${field}: ${issue?.message ?? 'malformed'}`);
}

/** Encodes as Ollama does: compact JSON and a final newline. */
export function encodeManifest(manifest: Manifest): string {
  const layer = ({ mediaType, digest, size, from, name }: Layer) => ({ mediaType, digest, size, from, name });
  const { schemaVersion, mediaType, config, layers, mergedFrom } = manifest;
  const annotations = mergedFrom && { [MERGED_FROM]: mergedFrom };
  const content = { schemaVersion, mediaType, config: layer(config), layers: layers.map(layer), annotations };
  return `${JSON.stringify(content)}\n`;
}

/** Digests of every blob that the manifest needs, including the config. */
export function manifestDigests(manifest: Manifest): Digest[] {
  return [manifest.config, ...manifest.layers].map((layer) => layer.digest);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OllamaError('invalid-request', 'invalid manifest: not JSON', { cause: error });
  }
}
