import { expect, it } from 'vitest';
import type { ShowResponse } from '../../api/show.ts';
import { renderModelTables } from './model-tables.ts';

const show: ShowResponse = {
  details: {
    parent_model: '',
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameter_size: '134.52M',
    quantization_level: 'Q4_1',
  },
  model_info: {
    'general.architecture': 'llama',
    'llama.context_length': 8192,
    'llama.embedding_length': 576,
    'tokenizer.ggml.tokens': Array.from({ length: 25 }, (_, index) => `t${index}`),
  },
  parameters: 'stop                           "<|im_end|>"\ntemperature                    0.3',
  capabilities: ['completion', 'tools'],
  license: 'Line one\n\nLine two\nLine three',
  system: 'Be kind.',
  tensors: [{ name: 'output.weight', type: 'Q4_1', shape: [576, 49152] }],
  modified_at: '2026-01-01T00:00:00Z',
};

it('prints the sections in order, indented, a blank line after each', () => {
  expect(renderModelTables(show)).toBe(
    [
      '  Model',
      '    architecture        llama      ',
      '    parameters          134.52M    ',
      '    context length      8192       ',
      '    embedding length    576        ',
      '    quantization        Q4_1       ',
      '',
      '  Capabilities',
      '    completion    ',
      '    tools         ',
      '',
      '  Parameters',
      '    stop           "<|im_end|>"    ',
      '    temperature    0.3             ',
      '',
      '  System',
      '    Be kind.    ',
      '',
      '  License',
      '    Line one    ',
      '    Line two    ',
      '    ...         ',
      '',
      '',
    ].join('\n'),
  );
});

it('adds metadata and tensors when asked, long arrays cut with their count', () => {
  const text = renderModelTables(show, { verbose: true });
  expect(text).toMatch(/tokenizer\.ggml\.tokens +\[t0, .*t9 \.\.\.\+15 more\]/);
  expect(text).toMatch(/output\.weight +Q4_1 +\[576 49152\]/);
});
