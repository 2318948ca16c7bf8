import { expect, it } from 'vitest';
import type { ShowResponse } from '../../api/show.ts';
import { numberText, renderModelTables } from './model-tables.ts';

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

it('prints the sections in order, indented, each followed by a blank line', () => {
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

it('adds metadata and tensors if requested, and cuts long arrays with a count of the rest', () => {
  const text = renderModelTables(show, { verbose: true });
  expect(text).toMatch(/tokenizer\.ggml\.tokens +\[t0 t1 \.\.\.\+23 more\]/);
  expect(text).toMatch(/output\.weight +Q4_1 +\[576 49152\]/);
});

it('states what a model was converted from, and what was left out', () => {
  const imported = [
    {
      ...{
        part: 'model' as const,
        source: 'Gemma3ForConditionalGeneration',
        type: 'BF16',
        converter: '0.33.0',
      },
      dropped: ['the vision part', 'one predicting layer'],
      warnings: ['2 values of tensor "a" are NaN'],
    },
    { part: 'adapter' as const, source: 'PEFT', type: 'F32', converter: '0.34.0', dropped: [] },
  ];
  const text = renderModelTables({ ...show, imported });
  expect(text.slice(text.indexOf('  Import')).split(/ *\n/).slice(0, 7)).toEqual([
    '  Import',
    '    model       Gemma3ForConditionalGeneration, converted to BF16 by version 0.33.0',
    '    left out    the vision part',
    '    left out    one predicting layer',
    '    warning     2 values of tensor "a" are NaN',
    '    adapter     PEFT, converted to F32 by version 0.34.0',
    '',
  ]);
});

it('breaks long cells between words, at 30 columns, or at 100 in texts', () => {
  const text = renderModelTables(
    {
      ...show,
      system: 'word '.repeat(30).trim(),
      model_info: { ...show.model_info, note: 'word '.repeat(8).trim() },
    },
    { verbose: true },
  );
  expect(text).toMatch(/ {4}note +(word ){6} *\n +(word ){2} *\n/);
  expect(text).toMatch(/ {2}System\n {4}(word ){20} *\n {4}(word ){10} *\n\n/);
});

it('puts cells below each other on a narrow terminal', () => {
  expect(renderModelTables(show, { columns: 20 })).toMatch(
    /^ {2}Model\narchitecture\n {2}llama\nparameters\n {2}134\.52M\n/,
  );
});

it.each([
  [0, '0'],
  [8192, '8192'],
  [999_999, '999999'],
  [1_000_000, '1e+06'],
  [1_048_576, '1.048576e+06'],
  [134_515_008, '1.34515008e+08'],
  [-2.5e7, '-2.5e+07'],
  [1.5, '1.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
])('writes %f as Go does: %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});
