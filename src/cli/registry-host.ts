import { OllamaError } from '../base/errors.ts';
import { ModelName } from '../names/model-name.ts';

/**
 * Turns a registry host as people type it into the form used in model names: "HTTPS://ghcr.io/" becomes "ghcr.io".
 * @throws OllamaError `invalid-request`
 */
export function registryHost(text: string): string {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  const name = host.includes('/') ? undefined : ModelName.tryParse(`${host}/library/model`);
  if (name) return name.host.toLowerCase();
  const message = `${JSON.stringify(text)} is not a registry host: write it as in a model's name, such as "ghcr.io" or "localhost:5000"`;
  throw new OllamaError('invalid-request', message);
}
