import { OllamaError } from '../base/errors.ts';
import { ModelName } from '../names/model-name.ts';

/**
 * The host of a registry as a model's name has it, out of what people type: "HTTPS://ghcr.io/" is ghcr.io.
 * @throws OllamaError `invalid-request`
 */
export function registryHost(text: string): string {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  const name = host.includes('/') ? undefined : ModelName.tryParse(`${host}/library/model`);
  if (name) return name.host.toLowerCase();
  const message = `${JSON.stringify(text)} is no host of a registry: write it as in a model's name, "ghcr.io" or "localhost:5000"`;
  throw new OllamaError('invalid-request', message);
}
