import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/**
 * Refuses weights that are quantized in a way that cannot be read.
 * @throws OllamaError `invalid-request` naming the method
 */
export function refuseQuantized(settings: JsonObject): void {
  const { quantization_config: quantization } = settings;
  if (quantization === undefined || quantization === null) return;
  const method = isJsonObject(quantization) ? quantization.quant_method : undefined;
  const name = typeof method === 'string' ? method.slice(0, 100) : 'a method that config.json does not name';
  throw new OllamaError(
    'invalid-request',
    `the weights are quantized with ${name}: use the unquantized model`,
  );
}
