import { describe, expect, it } from 'vitest';
import { ModelName } from '../names/model-name.ts';
import { huggingFaceOrigin, isHuggingFaceHost } from './hugging-face.ts';

const originOf = (name: string, insecure = false) => huggingFaceOrigin(ModelName.parse(name), insecure);

describe('the two names of Hugging Face', () => {
  it('are both known, and no others', () => {
    const hosts = ['hf.co', 'HF.co', 'huggingface.co', 'hf.co.example', 'cdn.hf.co', 'registry.ollama.ai'];
    expect(hosts.filter(isHuggingFaceHost)).toEqual(['hf.co', 'HF.co', 'huggingface.co']);
  });

  it('are one host to ask, unless it is to be plain http', () => {
    expect(originOf('hf.co/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('HF.CO/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('huggingface.co/ada/fox')).toBeUndefined();
    expect(originOf('hf.co/ada/fox', true)).toBeUndefined();
    expect(originOf('ghcr.io/ada/fox')).toBeUndefined();
  });
});
