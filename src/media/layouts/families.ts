import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import { deepseekocr } from './deepseekocr.ts';
import { BLACK, CLIP_MEAN, GREY } from './drawing.ts';
import { dynamicSize, gridRows, linesOfRows, packedRows } from './dynamic.ts';
import { fixedSize } from './fixed.ts';
import { idefics3 } from './idefics3.ts';
import type { PlanImage } from './layout.ts';
import { lfm2 } from './lfm2.ts';
import { minicpmv } from './minicpmv.ts';
import { mergedRows, patchCount } from './rows.ts';
import { squaresUpTo, tiled, tilingsOf } from './tiled.ts';

type Layout = (image: ImageFacts) => PlanImage;

/** Llama 4 cuts pictures into at most so many tiles per side. */
const LLAMA4_TILES = 3;

/** LLaVA and its kin: tiles only where the file lists sizes for them. */
const llava =
  (rows: (patches: number, image: ImageFacts) => number): Layout =>
  (image) => {
    if (image.candidates.length === 0) {
      return fixedSize(image, { filter: 'bicubic', padding: CLIP_MEAN, rows });
    }
    return tiled(image, {
      filter: 'bicubic',
      candidates: image.candidates,
      padding: BLACK,
      rows: (size) => rows(patchCount(size, image), image),
    });
  };

const quarter = (patches: number) => Math.floor(patches / 4);

const qwen: Layout = (image) =>
  dynamicSize(image, {
    filter: 'bicubic',
    before: '<|vision_start|>',
    after: '<|vision_end|>',
    rows: gridRows,
    hasGrid: true,
  });

const dynamic =
  (before: string, after: string, rows: typeof gridRows = gridRows, hasGrid = false): Layout =>
  (image) =>
    dynamicSize(image, { filter: 'bicubic', before, after, rows, hasGrid });

/** `init_vision` in tools/mtmd/mtmd.cpp and `load_hparams` in clip.cpp of the shipped llama.cpp. */
export const layouts: Partial<Record<ProjectorType, Layout>> = {
  mlp: llava((patches) => patches),
  ldp: llava(quarter),
  ldpv2: llava(quarter),
  adapter: (image) =>
    fixedSize(image, {
      filter: 'bicubic',
      padding: BLACK,
      rows: (patches) => quarter(patches) + (image.hasBoundaryRows ? 2 : 0),
    }),
  // A row before and a row behind the picture.
  cogvlm: llava((patches) => patches + 2),
  janus_pro: (image) => fixedSize(image, { filter: 'bicubic', padding: GREY }),
  gemma3: (image) =>
    fixedSize(image, {
      filter: 'bilinear',
      padding: BLACK,
      before: '<start_of_image>',
      after: '<end_of_image>',
      rows: (patches) => Math.floor(patches / image.mergeSize ** 2),
    }),
  nemotron_v2_vl: (image) =>
    fixedSize(image, {
      filter: 'bicubic',
      padding: BLACK,
      rows: (patches) => Math.floor(patches / image.mergeSize ** 2),
    }),
  gemma4v: dynamic('<|image>', '<image|>', mergedRows),
  llama4: (image) =>
    tiled(image, {
      filter: 'bicubic',
      candidates: [...image.candidates, ...squaresUpTo(LLAMA4_TILES, image.size)],
      padding: BLACK,
      before: '<|image_start|>',
      after: '<|image_end|>',
      rows: mergedRows,
    }),
  internvl: (image) =>
    tiled(image, {
      filter: 'bicubic',
      candidates: [...image.candidates, ...tilingsOf(image.minTiles ?? 0, image.maxTiles ?? 0, image.size)],
      padding: BLACK,
      before: '<img>',
      after: '</img>',
      rows: mergedRows,
    }),
  resampler: (image) => minicpmv(image, () => image.resampler?.queries ?? 0),
  minicpmv4_6: (image) => minicpmv(image, (size) => mergedRows(size, image)),
  idefics3,
  lfm2,
  deepseekocr,
  deepseekocr2: deepseekocr,
  phi4: (image) => dynamicSize(image, { filter: 'bilinear', rows: patchCount }),
  pixtral: dynamic('', '[IMG_END]', linesOfRows),
  lightonocr: dynamic('<|im_start|>', '<|im_end|>', linesOfRows),
  qwen2vl_merger: qwen,
  'qwen2.5vl_merger': qwen,
  qwen3vl_merger: qwen,
  glm4v: dynamic('<|begin_of_image|>', '<|end_of_image|>', gridRows, true),
  kimivl: dynamic('<|media_start|>', '<|media_end|>'),
  paddleocr: dynamic('<|IMAGE_START|>', '<|IMAGE_END|>', packedRows, true),
  dots_ocr: dynamic('<|img|>', '<|endofimg|>', packedRows),
};
