import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prerequisite, skipWithout } from './fakes/prerequisites.ts';

afterEach(() => void vi.unstubAllEnvs());

const context = {
  skip(reason: string): never {
    throw new Error(`skipped: ${reason}`);
  },
};

describe('a missing prerequisite', () => {
  it('skips its tests on a developer machine', () => {
    vi.stubEnv('CI', undefined);
    expect(prerequisite('tmux', false)).toBe(false);
    expect(prerequisite('tmux', undefined)).toBe(undefined);
    expect(() => skipWithout('tmux', context)).toThrow('skipped: tmux is missing');
  });
});

describe('with CI=true', () => {
  beforeEach(() => void vi.stubEnv('CI', 'true'));

  it('a missing prerequisite is an error that names it', () => {
    expect(() => prerequisite('tmux', false)).toThrow('tmux is required');
    expect(() => prerequisite('Go', undefined)).toThrow('Go is required');
    expect(() => skipWithout('tmux', context)).toThrow('tmux is required');
  });

  it('an existing prerequisite is returned', () => {
    expect(prerequisite('tmux', true)).toBe(true);
    expect(prerequisite('Go', '/usr/bin/go')).toBe('/usr/bin/go');
  });
});
