import { z } from 'zod';
import { OllamaError } from '../base/errors.ts';

const text = z.string().catch('');
const optionalText = z.string().min(1).optional().catch(undefined);
const optionalCount = z.int().positive().optional().catch(undefined);

/** Lenient: a field of a wrong type, in a config written by another program, counts as absent. */
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
});

/** The config blob of a manifest, in the field order in which Ollama writes it. */
export interface ModelConfig {
  /** "gguf" or "safetensors". */
  readonly model_format: string;
  readonly model_family: string;
  readonly model_families: readonly string[] | null;
  /** Parameter count for people, "134.52M". */
  readonly model_type: string;
  /** Quantization, "Q4_K_M". */
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
}

/** @throws OllamaError `internal` when it is no JSON object */
export function parseModelConfig(json: string): ModelConfig {
  const result = configSchema.safeParse(parseJson(json));
  if (!result.success) throw new OllamaError('internal', 'the model config is malformed');
  return result.data;
}

/** The platform is fixed, as in Ollama's registry: weights run on any. */
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
