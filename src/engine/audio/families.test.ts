import { expect, it } from 'vitest';
import { encodedTypes } from '../../gguf/projector/encoded-types.ts';
import { audioFamilies } from './families.ts';

it('the types that models may have are those that have an encoder', () => {
  expect([...encodedTypes.audio].sort()).toEqual(Object.keys(audioFamilies).sort());
});
