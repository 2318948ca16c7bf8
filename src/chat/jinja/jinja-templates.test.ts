import { describe, expect, it } from 'vitest';
import { ChatTemplates } from './jinja-templates.ts';

describe('ChatTemplates', () => {
  it('compiles a text once and drops the least recently used template', () => {
    const cache = new ChatTemplates();
    const first = cache.get('a');
    for (let index = 0; index < 15; index += 1) cache.get(`b${index}`);
    expect(cache.get('a')).toBe(first);
    for (let index = 0; index < 16; index += 1) cache.get(`c${index}`);
    expect(cache.get('a')).not.toBe(first);
  });
});
