import { z } from 'zod';
import type { ImportedPart } from '../api/show.ts';
import { OllamaError } from '../base/errors.ts';

const text = z.string().catch('');
const optionalText = z.string().min(1).optional().catch(undefined);
const optionalCount = z.int().positive().optional().catch(undefined);

const importedPartSchema = z.object({
  part: z.enum(['model', 'adapter', 'draft']),
  source: z.string(),
  type: z.string(),
  converter: z.string(),
  dropped: z.array(z.string()),
  warnings: z.array(z.string()).nonempty().exactOptional(),
});

/** Lenient: fields of the wrong type, in configs written by other programs, count as absent. */
const configSchema = z.object({
  model_format: text,
  model_family: text,
  model_families: z.array(z.string()).nullable().catch(null),
  model_type: text,
  file_type: text,
  renderer: optionalText,
  parser: optionalText,
  requires: optionalText,
  remote_host: optionalText,
  remote_model: optionalText,
  capabilities: z.array(z.string()).optional().catch(undefined),
  context_length: optionalCount,
  embedding_length: optionalCount,
  base_name: optionalText,
  draft: z.record(z.string(), z.unknown()).optional().catch(undefined),
  imported: z.array(importedPartSchema).nonempty().optional().catch(undefined),
});

/** The config blob of a manifest, in the field order that Ollama writes. */
export interface ModelConfig {
  /** "gguf" or "safetensors". */
  readonly model_format: string;
  readonly model_family: string;
  readonly model_families: readonly string[] | null;
  /** Human-readable parameter count, such as "134.52M". */
  readonly model_type: string;
  /** Quantization, such as "Q4_K_M". */
  readonly file_type: string;
  readonly renderer?: string | undefined;
  readonly parser?: string | undefined;
  readonly requires?: string | undefined;
  readonly remote_host?: string | undefined;
  readonly remote_model?: string | undefined;
  readonly capabilities?: readonly string[] | undefined;
  readonly context_length?: number | undefined;
  readonly embedding_length?: number | undefined;
  readonly base_name?: string | undefined;
  readonly draft?: Readonly<Record<string, unknown>> | undefined;
  /** Parts that were converted from safetensors; not in Ollama's configs, which ignore it. */
  readonly imported?: readonly ImportedPart[] | undefined;
}

/** @throws OllamaError `internal` when the text is not a JSON object */
export function parseModelConfig(json: string): ModelConfig {
  const result = configSchema.safeParse(parseJson(json));
  if (!result.success) throw new OllamaError('internal', 'the model config is malformed');
  return result.data;
}

/** The platform is fixed, as in Ollama's registry, because weights run on any platform. */
export function encodeModelConfig(config: ModelConfig): string {
  const inOrder = configSchema.parse(config);
  return JSON.stringify({ ...inOrder, architecture: 'amd64', os: 'linux' });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new OllamaError('internal', 'the model config is not JSON', { cause: error });
  }
}
