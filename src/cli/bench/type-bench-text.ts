import { humanBytes } from '../../base/human.ts';
import { renderTable } from '../output/table.ts';
import type { TypeBenchReport, TypeFigures } from './type-bench.ts';

/** The table that `ollama bench --types` prints. */
export function typeBenchText({ types, promptTokens, isKept }: TypeBenchReport): string {
  const [first] = types;
  const rows = types.map(({ type, size, decode, decodeRatio, prefill, prefillRatio }) => [
    type,
    humanBytes(size),
    decode.toFixed(1),
    ratioText(decodeRatio),
    prefill.toFixed(1),
    ratioText(prefillRatio),
  ]);
  const kept = isKept ? '"ollama create -q auto" and "ollama show" use these figures from now on.\n' : '';
  return [
    renderTable(['TYPE', 'SIZE', 'DECODE', 'RATIO', 'PREFILL', 'RATIO'], rows),
    `\nPrompts have ${promptTokens} tokens. Rates are tokens per second, ratios are to ${first?.type}. All figures are medians.\n`,
    kept,
  ].join('');
}

/** Rates unrounded. */
export function typeBenchJson({ model, types, promptTokens, isKept }: TypeBenchReport) {
  return {
    model,
    prompt_tokens: promptTokens,
    kept: isKept,
    types: types.map((figures: TypeFigures) => ({
      type: figures.type,
      size: figures.size,
      decode_tokens_per_second: figures.decode,
      decode_ratio: figures.decodeRatio,
      prefill_tokens_per_second: figures.prefill,
      prefill_ratio: figures.prefillRatio,
    })),
  };
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)} x` : '-';
}
