import { expect, it } from 'vitest';
import { Config } from '../hugging-face/config.ts';
import { modelName } from './model-name.ts';

// Made by `get_model_id_components` and `id_to_title` of llama.cpp's gguf-py.
const names: readonly (readonly [path: unknown, name: string | undefined])[] = [
  ['meta-llama/Llama-2-7b-hf', 'Llama 2 7b Hf'],
  ['Qwen2.5-0.5B-Instruct', 'Qwen2.5 0.5B Instruct'],
  ['my model of cats', 'My Model Of Cats'],
  ['./out', 'Out'],
  ['org/deepseek-v2.1-chat', 'Deepseek v2.1 Chat'],
  ["o'neil-x", "O'Neil X"],
  ['mistral_7b-v0.1', 'Mistral_7B v0.1'],
  ['a--b', 'A B'],
  // A path of the machine where the model was trained.
  ['a/b/c', undefined],
  ['', undefined],
  [7, undefined],
  [undefined, undefined],
];

for (const [path, name] of names) {
  it(`makes ${JSON.stringify(name)} of ${JSON.stringify(path)}, as llama.cpp does`, () => {
    expect(modelName(new Config({ _name_or_path: path }))).toBe(name);
  });
}
