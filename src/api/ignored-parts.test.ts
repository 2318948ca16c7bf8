import { describe, expect, it } from 'vitest';
import { IgnoredParts } from './ignored-parts.ts';

describe('ignored parts', () => {
  it('are named once each, in order', () => {
    const ignored = new IgnoredParts(['seeed']);
    ignored.add('tools[1] (web_search)');
    ignored.add('seeed');
    expect(ignored.names).toEqual(['seeed', 'tools[1] (web_search)']);
  });

  it('are bounded in number and in length', () => {
    const ignored = new IgnoredParts(Array.from({ length: 100 }, (_, index) => `tools[${index}]`));
    expect(ignored.names).toHaveLength(20);
    expect(new IgnoredParts(['x'.repeat(1000)]).names[0]).toHaveLength(60);
  });
});
