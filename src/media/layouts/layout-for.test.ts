/** The numbers come from libmtmd; test/e2e/exact/media-layouts.test.ts compares all families with it, pixel by pixel. */
import { describe, expect, it } from 'vitest';
import { tinyProjector } from '../../../test/fakes/media/tiny-projector.ts';
import { memorySource } from '../../gguf/byte-source.ts';
import { parseGguf } from '../../gguf/parse.ts';
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import { projectorFacts } from '../../gguf/projector-facts.ts';
import type { GgufValue } from '../../gguf/types.ts';
import { encodeGguf } from '../../gguf/writer.ts';
import type { Rgb, Size } from '../image/rgb.ts';
import type { ImageLayout, TokenLimits } from './layout.ts';
import { layoutFor, layoutTypes } from './layout-for.ts';

async function layoutOf(
  type: ProjectorType,
  keys: Readonly<Record<string, GgufValue>> = {},
): Promise<ImageLayout> {
  const file = await parseGguf(memorySource(encodeGguf(tinyProjector(type, keys))));
  const facts = projectorFacts(file);
  if (!facts) throw new Error('no projector');
  return layoutFor(facts);
}

const size = (width: number, height: number): Size => ({ width, height });

/** A picture whose left half is white, and the right one black. */
function halves({ width, height }: Size): Rgb {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) data[at] = Math.floor(at / 3) % width < width / 2 ? 255 : 0;
  return { width, height, data };
}

/** Texts, and "#tokens" for pieces. */
function written(layout: ImageLayout, picture: Size, limits?: TokenLimits): string {
  const parts = layout.prepareImage(halves(picture), limits);
  return parts.map((part) => ('text' in part ? part.text : `#${part.piece.tokens} `)).join('');
}

describe('countTokens', () => {
  it.each<[ProjectorType, tall: number, wide: number]>([
    ['mlp', 1024, 1024],
    ['adapter', 258, 258],
    ['minicpmv4_6', 1260, 1272],
    ['gemma3', 64, 64],
    ['gemma4v', 252, 540],
    ['llama4', 1024, 1024],
    ['internvl', 1280, 2816],
    ['idefics3', 384, 704],
    ['lfm2', 2050, 1692],
    ['phi4', 2247, 4896],
    ['pixtral', 647, 1007],
    ['lightonocr', 64, 80],
    ['qwen2.5vl_merger', 594, 1224],
    ['kimivl', 594, 992],
    ['deepseekocr', 823, 683],
    ['deepseekocr2', 977, 833],
  ])('of a tall and a wide picture for %s', async (type, tall, wide) => {
    const layout = await layoutOf(type);
    expect(layout.countTokens(size(300, 1500))).toBe(tall);
    expect(layout.countTokens(size(1900, 500))).toBe(wide);
  });

  it('obeys the limits of the user where the size may vary', async () => {
    const qwen = await layoutOf('qwen2.5vl_merger');
    expect(qwen.countTokens(size(300, 1500), { minTokens: 300, maxTokens: 400 })).toBe(352);
    const gemma = await layoutOf('gemma4v');
    expect(gemma.countTokens(size(1900, 500), { maxTokens: 280 })).toBe(256);
    const fixed = await layoutOf('gemma3');
    expect(fixed.countTokens(size(1900, 500), { maxTokens: 1 })).toBe(64);
  });
});

describe('prepareImage', () => {
  it('puts texts around the pieces', async () => {
    expect(written(await layoutOf('gemma3'), size(9, 9))).toBe('<start_of_image>#64 <end_of_image>');
    expect(written(await layoutOf('pixtral'), size(56, 56))).toMatch(/^#\d+ \[IMG_END\]$/);
    expect(written(await layoutOf('idefics3'), size(448, 224))).toBe(
      '<fake_token_around_image><row_1_col_1>#64 <fake_token_around_image><row_1_col_2>#64 ' +
        '<fake_token_around_image><row_1_col_3>#64 <fake_token_around_image><row_1_col_4>#64 ' +
        '<fake_token_around_image><row_1_col_5>#64 ' +
        '\n<fake_token_around_image><row_2_col_1>#64 <fake_token_around_image><row_2_col_2>#64 ' +
        '<fake_token_around_image><row_2_col_3>#64 <fake_token_around_image><row_2_col_4>#64 ' +
        '<fake_token_around_image><row_2_col_5>#64 ' +
        '\n<fake_token_around_image><row_3_col_1>#64 <fake_token_around_image><row_3_col_2>#64 ' +
        '<fake_token_around_image><row_3_col_3>#64 <fake_token_around_image><row_3_col_4>#64 ' +
        '<fake_token_around_image><row_3_col_5>#64 ' +
        '\n\n<fake_token_around_image><global-img>#64 <fake_token_around_image>',
    );
  });

  it('marks slices as each version of MiniCPM-V wants it', async () => {
    const picture = size(900, 450);
    const first = await layoutOf('resampler', { 'clip.minicpmv_version': { type: 'i32', value: 2 } });
    expect(written(first, picture)).toBe(
      '<image>#96 </image><slice><image>#96 </image><image>#96 </image></slice>',
    );
    const later = await layoutOf('resampler');
    expect(written(later, picture)).toBe('<image>#64 </image><slice>#64 </slice><slice>#64 </slice>');
  });

  it('states the grid of the rows, from which positions follow', async () => {
    const [, part] = (await layoutOf('qwen2vl_merger')).prepareImage(halves(size(560, 280)));
    expect(part).toMatchObject({
      piece: { width: 560, height: 280, tokens: 200, positions: 20, grid: { columns: 20, lines: 10 } },
    });
  });

  it('keeps the proportions and fills the rest', async () => {
    const [, part] = (await layoutOf('gemma3')).prepareImage({ ...halves(size(1, 2)) });
    const data = part && 'data' in part ? part.data : new Uint8Array();
    const colorAt = (x: number, y: number) => data[(y * 448 + x) * 3];
    expect([colorAt(0, 0), colorAt(447, 447)]).toEqual([0, 0]);
    expect(colorAt(224, 224)).toBeGreaterThan(0);
  });

  it('gives equal pictures equal digests, and others different ones', async () => {
    const layout = await layoutOf('gemma3');
    const digest = (picture: Rgb) => {
      const part = layout.prepareImage(picture).find((each) => 'piece' in each);
      return part && 'piece' in part ? part.piece.digest : '';
    };
    const picture = halves(size(20, 20));
    expect(digest(picture)).toBe(digest(halves(size(20, 20))));
    expect(digest(picture)).not.toBe(digest({ ...picture, data: picture.data.map((value) => 255 - value) }));
  });

  it('refuses what no layout exists for', async () => {
    const refusal = async (picture: Size, limits: TokenLimits) => {
      const layout = await layoutOf('qwen2vl_merger');
      return () => layout.prepareImage(halves(picture), limits);
    };
    expect(await refusal(size(0, 0), {})).toThrow('the picture has no pixels');
    expect(await refusal(size(9, 9), { minTokens: 9, maxTokens: 4 })).toThrow(
      'pictures of at least 9 and at most 4 tokens do not exist',
    );
    expect(await refusal(size(1, 70_000), { minTokens: 4096 })).toThrow('too narrow for this model');
  });

  it('takes pictures of all proportions whose pieces follow them', async () => {
    for (const type of ['minicpmv4_6', 'resampler'] as const) {
      const layout = await layoutOf(type);
      for (const [width, height] of [
        [2, 3],
        [4000, 300],
        [12, 2400],
        [3000, 15],
        [700, 1000],
      ] as const)
        expect(layout.countTokens(size(width, height))).toBeGreaterThan(0);
    }
  });

  it('takes pictures whose longer side is rounded up', async () => {
    expect((await layoutOf('lightonocr')).countTokens(size(1612, 1675))).toBe(272);
  });

  it('makes nothing that the encoder does not take, whatever the user demands', async () => {
    for (const type of layoutTypes) {
      const layout = await layoutOf(type);
      const count = () => layout.countTokens(size(40, 30), { minTokens: 65_536, maxTokens: 65_536 });
      const isVarying = ['gemma4v', 'pixtral', 'qwen2vl_merger', 'kimivl', 'phi4'].includes(type);
      if (isVarying) expect(count).toThrow(/takes at most \d+: lower image_min_tokens or image_max_tokens/);
    }
  });

  it('names the types that it knows', async () => {
    const file = encodeGguf(
      tinyProjector('gemma3', { 'clip.projector_type': { type: 'string', value: 'yasa2' } }),
    );
    const facts = projectorFacts(await parseGguf(memorySource(file)));
    expect(() => facts && layoutFor(facts)).toThrow(/of the type yasa2 are not supported; .*gemma3/);
  });
});
