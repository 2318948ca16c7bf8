import { expect, it } from 'vitest';
import { encodeSentencePieceModel } from '../../../../test/fakes/import/sentence-piece-file.ts';
import { parseSentencePiece } from './sentence-piece-model.ts';

it('reads all pieces as they are, with their scores and types', () => {
  const pieces = [
    { text: '<unk>', score: 0, type: 2 },
    { text: '//', score: -221, type: 1 },
    // Gemma 3 has both: the second one begins with a byte order mark.
    { text: '\ufeff//', score: -134_766, type: 1 },
    { text: '▁a', score: -0.5, type: 1 },
    { text: '<0x0A>', score: 0, type: 6 },
  ];
  expect(parseSentencePiece(encodeSentencePieceModel(pieces)).pieces).toEqual(pieces);
});
