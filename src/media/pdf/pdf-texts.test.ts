import { expect, it } from 'vitest';
import { PdfTexts } from './pdf-texts.ts';

it('reads a file once for all requests with the same salt, and again for another salt', async () => {
  let reads = 0;
  const texts = new PdfTexts(async () => {
    reads++;
    return 'a text';
  });
  const source = Buffer.from('%PDF-1.7').toString('base64');
  for (const salt of ['ann', 'ann', 'bob', undefined]) {
    expect(await texts.read(source, { owner: 'anyone', salt })).toBe('a text');
  }
  expect(reads).toBe(3);
});
