import { expect, it } from 'vitest';
import type { PreparedPart } from '../../protocol/media.ts';
import { attachData, detachData } from './detached-parts.ts';

it('gives each piece its own data back', () => {
  const piece = (digest: string) => ({
    ...({ kind: 'image', digest, width: 1, height: 1, tokens: 1, positions: 1 } as const),
  });
  const parts: PreparedPart[] = [
    { text: 'before' },
    { piece: piece('a'), data: Uint8Array.of(1, 2, 3) },
    { text: '' },
    { piece: piece('b'), data: Uint8Array.of(4, 5, 6) },
  ];
  const bulk = detachData(parts);
  expect(JSON.stringify(bulk.value)).not.toContain('data');
  expect(attachData(bulk)).toEqual(parts);
});
