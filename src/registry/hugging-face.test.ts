import { describe, expect, it } from 'vitest';
import { ModelName } from '../names/model-name.ts';
import type { Credential } from './credential.ts';
import { huggingFaceOrigin, isHuggingFace, withBothHosts } from './hugging-face.ts';

const originOf = (name: string, insecure = false) => huggingFaceOrigin(ModelName.parse(name), insecure);

describe('the two names of Hugging Face', () => {
  it('are both known, and no others', () => {
    const hosts = ['hf.co', 'HF.co', 'huggingface.co', 'hf.co.example', 'cdn.hf.co', 'registry.ollama.ai'];
    expect(hosts.filter(isHuggingFace)).toEqual(['hf.co', 'HF.co', 'huggingface.co']);
  });

  it('are one host to ask, unless it is to be plain http', () => {
    expect(originOf('hf.co/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('HF.CO/ada/fox')).toBe('https://huggingface.co');
    expect(originOf('huggingface.co/ada/fox')).toBeUndefined();
    expect(originOf('hf.co/ada/fox', true)).toBeUndefined();
    expect(originOf('ghcr.io/ada/fox')).toBeUndefined();
  });

  it('share what was stored for the short one, if nothing was for the long one', async () => {
    const stored = new Map<string, Credential>([['hf.co', { token: 'short' }]]);
    const identity = withBothHosts({
      credential: async (host) => stored.get(host),
      sign: async (text) => `signed ${text}`,
    });
    expect(await identity.credential('huggingface.co')).toEqual({ token: 'short' });
    expect(await identity.credential('ghcr.io')).toBeUndefined();
    stored.set('huggingface.co', { token: 'long' });
    expect(await identity.credential('huggingface.co')).toEqual({ token: 'long' });
    stored.delete('hf.co');
    expect(await identity.credential('hf.co')).toBeUndefined();
    expect(await identity.sign('x')).toBe('signed x');
  });
});
