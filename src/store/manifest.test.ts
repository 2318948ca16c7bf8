import { describe, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import {
  encodeManifest,
  MANIFEST_MEDIA_TYPE,
  manifestDigests,
  mediaTypes,
  parseManifest,
} from './manifest.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const config = { mediaType: mediaTypes.config, digest: digest('a'), size: 10 };
const model = { mediaType: mediaTypes.model, digest: digest('b'), size: 20 };
const manifest = { schemaVersion: 2, mediaType: MANIFEST_MEDIA_TYPE, config, layers: [model] };
const parse = (value: unknown) => parseManifest(JSON.stringify(value));

describe('parseManifest', () => {
  it('reads bytes and text, and drops unknown fields', () => {
    const layers = [{ ...model, from: '/a', name: 'b', extra: 1 }];
    const read = parseManifest(
      new TextEncoder().encode(JSON.stringify({ ...manifest, layers, annotations: {} })),
    );
    expect(read).toEqual({ ...manifest, layers: [{ ...model, from: '/a', name: 'b' }] });
    expect(manifestDigests(read)).toEqual([digest('a'), digest('b')]);
  });

  it('keeps the record of what a model was merged from, and ignores other annotations', () => {
    const note = (value: unknown) => parse({ ...manifest, annotations: value }).mergedFrom;
    const merged = { ...parse(manifest), mergedFrom: digest('c') as `sha256:${string}` };
    expect(parseManifest(encodeManifest(merged))).toEqual(merged);
    expect(note({ 'ollama-ts.merged-from': digest('c'), other: 'x' })).toBe(digest('c'));
    for (const value of [null, 'x', [], { 'ollama-ts.merged-from': 7 }, { 'ollama-ts.merged-from': 'x' }])
      expect(note(value)).toBeUndefined();
  });

  it('accepts null layers, as Ollama writes them for a remote model', () => {
    expect(parse({ ...manifest, layers: null }).layers).toEqual([]);
    expect(parse({ ...manifest, layers: [] }).layers).toEqual([]);
  });

  it('normalises digests', () => {
    expect(parse({ ...manifest, layers: [{ ...model, digest: `sha256-${'B'.repeat(64)}` }] }).layers).toEqual(
      [model],
    );
  });

  it.each([
    ['nothing', '', 'not JSON'],
    ['a truncated manifest', '{"schemaVersion":2,"layers":[', 'not JSON'],
    ['a web page', '<!DOCTYPE html>', 'not JSON'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseManifest(text)).toThrow(
      new OllamaError('invalid-request', `invalid manifest: ${message}`),
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'manifest'],
    ['a number', 7, 'manifest'],
    ['a list', [], 'manifest'],
    ['an empty object', {}, 'schemaVersion'],
    ['a different schema', { ...manifest, schemaVersion: 1 }, 'schemaVersion'],
    ['no config', { ...manifest, config: undefined }, 'config'],
    ['a null config', { ...manifest, config: null }, 'config'],
    ['an empty config', { ...manifest, config: {} }, 'config.mediaType'],
    ['no layers', { ...manifest, layers: undefined }, 'layers'],
    ['layers of the wrong type', { ...manifest, layers: 'x' }, 'layers'],
    ['a null layer', { ...manifest, layers: [null] }, 'layers.0'],
    ['an empty layer', { ...manifest, layers: [{}] }, 'layers.0.mediaType'],
    ['an empty digest', { ...manifest, layers: [model, { ...model, digest: '' }] }, 'layers.1.digest'],
    [
      'a digest that is a path',
      { ...manifest, layers: [{ ...model, digest: 'sha256:../../../etc/passwd' }] },
      'layers.0.digest',
    ],
    [
      'a digest with trailing text',
      { ...manifest, layers: [{ ...model, digest: `${model.digest}/../x` }] },
      'layers.0.digest',
    ],
    [
      'a config digest that is a path',
      { ...manifest, config: { ...config, digest: '../x' } },
      'config.digest',
    ],
    ['a negative size', { ...manifest, layers: [{ ...model, size: -1 }] }, 'layers.0.size'],
    ['a fractional size', { ...manifest, layers: [{ ...model, size: 0.5 }] }, 'layers.0.size'],
    ['a size as text', { ...manifest, layers: [{ ...model, size: '20' }] }, 'layers.0.size'],
    [
      'a size beyond the safe integers',
      { ...manifest, layers: [{ ...model, size: 1e300 }] },
      'layers.0.size',
    ],
  ])('refuses %s, naming the field (CVE-2025-1975, CVE-2024-37032)', (_, value, field) => {
    expect(() => parse(value)).toThrow(`invalid manifest: ${field}: `);
  });

  it('refuses a manifest that is too large before parsing it', () => {
    expect(() => parseManifest('['.repeat(5_000_000))).toThrow('larger than');
  });

  it('does not run out of stack on deep nesting', () => {
    expect(() => parseManifest('['.repeat(1_000_000))).toThrow(OllamaError);
  });
});

describe('encodeManifest', () => {
  it('writes compact JSON in Ollama’s field order, with a final newline', () => {
    const shuffled = parse({
      layers: [{ size: 20, digest: digest('b'), mediaType: mediaTypes.model }],
      config,
      schemaVersion: 2,
    });
    expect(encodeManifest(shuffled)).toBe(`${JSON.stringify(manifest)}\n`);
  });
});
