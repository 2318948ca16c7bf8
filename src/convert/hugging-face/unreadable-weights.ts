import { OllamaError } from '../../base/errors.ts';

/** Names of files that hold weights which cannot be read, and what to do instead. */
const unreadable: readonly { readonly pattern: RegExp; readonly advice: string }[] = [
  {
    pattern: /^consolidated.*\.safetensors$/,
    advice: "is in Mistral's own format: use the files of the same model that are named model*.safetensors",
  },
  {
    pattern: /(^|\/)(pytorch_model|consolidated|adapter_model|model).*\.(bin|pth|pt|pkl)$/,
    advice: 'is a pickle, which can run code: save it as safetensors (model.save_pretrained(folder))',
  },
  { pattern: /\.(bin|pth|pt|pkl|ckpt)$/, advice: 'is not a safetensors file: save the model as safetensors' },
  { pattern: /\.(h5|msgpack|onnx)$/, advice: 'is not a safetensors file: save the model as safetensors' },
];

/**
 * Explains why a folder has no weights that can be read.
 * @throws OllamaError `invalid-request`, always
 */
export function refuseUnreadableWeights(names: readonly string[]): never {
  for (const { pattern, advice } of unreadable) {
    const name = names.find((candidate) => pattern.test(candidate));
    if (name !== undefined) throw new OllamaError('invalid-request', `${name} ${advice}`);
  }
  throw new OllamaError(
    'invalid-request',
    'the folder has no weights: files named model*.safetensors beside config.json are needed',
  );
}
