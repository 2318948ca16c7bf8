import { expect, it } from 'vitest';
import { encodedTypes } from '../../gguf/projector/encoded-types.ts';
import { layoutTypes } from '../../media/layouts/layout-for.ts';
import { visionFamilies } from './families.ts';

it('the types that models may have are those that have an encoder and a layout', () => {
  const encoded = Object.keys(visionFamilies).sort();
  expect([...encodedTypes.image].sort()).toEqual(
    encoded.filter((type) => layoutTypes.some((one) => one === type)),
  );
});
