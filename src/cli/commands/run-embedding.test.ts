import { describe, expect, it } from 'vitest';
import { embedRequest } from './run-embedding.ts';

describe('run of an embedding model', () => {
  it('omits what is not given, so that defaults of the server apply', () => {
    expect(embedRequest('m', 'a text', {}, undefined)).toEqual({ model: 'm', input: ['a text'] });
  });

  it('sends the given flags', () => {
    const flags = { truncate: false, dimensions: '64' };
    expect(embedRequest('m', 'a text', flags, '5m')).toEqual({
      model: 'm',
      input: ['a text'],
      truncate: false,
      dimensions: 64,
      keep_alive: '5m',
    });
    expect(embedRequest('m', 'a', { truncate: true, dimensions: '0' }, undefined)).toEqual({
      model: 'm',
      input: ['a'],
      truncate: true,
    });
  });

  it('requires a text', () => {
    expect(() => embedRequest('m', '', {}, undefined)).toThrow(
      'embedding models require input text. Usage: ollama run m "your text here"',
    );
  });

  it.each(['x', '1.5', '', '99999999999999999999'])('refuses %j dimensions', (dimensions) => {
    expect(() => embedRequest('m', 'a', { dimensions }, undefined)).toThrow(
      `invalid argument "${dimensions}" for "--dimensions" flag`,
    );
  });
});
