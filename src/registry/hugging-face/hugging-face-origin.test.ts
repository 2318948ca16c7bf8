import { describe, expect, it } from 'vitest';
import { ModelName } from '../../names/model-name.ts';
import { huggingFaceOrigin } from './hugging-face-origin.ts';

const originOf = (name: string, insecure = false) => huggingFaceOrigin(ModelName.parse(name), insecure);

describe('a model with the short name of Hugging Face', () => {
  it('is asked for under the long one, unless it is to be plain http', () => {
    expect(originOf('hf.co/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('HF.CO/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('hf.co/ada/fox', true)).toBeUndefined();
  });

  it('is the only one', () => {
    for (const name of ['huggingface.co/ada/fox', 'ghcr.io/ada/fox', 'hf.co.example/ada/fox', 'fox'])
      expect(originOf(name)).toBeUndefined();
  });
});
