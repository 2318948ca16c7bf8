import { expect, it } from 'vitest';
import { QuantizeLog } from './quantize-log.ts';

const done: string[] = [];
const read = (...chunks: string[]) => {
  done.length = 0;
  const log = new QuantizeLog((name) => done.push(name));
  for (const chunk of chunks) log.push(chunk);
  return log;
};

it('reports a tensor once its line is complete', () => {
  const line =
    '[   1/  21] output.weight                        - [  256,   339,     1,     1], type =    f32, converting to q6_K .. size =     0.33 MiB ->     0.07 MiB\n';
  read(line.slice(0, 60), line.slice(60, 110));
  expect(done).toEqual([]);
  read(
    line.slice(0, 60),
    line.slice(60),
    '[   2/  21] output_norm.weight - [ 256], type = f32, size = 0.001 MiB\n',
  );
  expect(done).toEqual(['output.weight', 'output_norm.weight']);
});

it.each([
  ['llama_model_quantize: failed to quantize: tensor has NaN\n', 'tensor has NaN'],
  ['x .. llama_model_quantize: failed to quantize: disk\nerror: other\n', 'disk'],
  ['/src/ggml.c:12: GGML_ASSERT(ok) failed\n', '/src/ggml.c:12: GGML_ASSERT(ok) failed'],
  ['error: the inference libraries do not load\n', 'the inference libraries do not load'],
  ['all is well\n', undefined],
])('%j has the reason %j', (text, reason) => {
  expect(read(text).reason).toBe(reason);
});

it('cuts an endless line', () => {
  const log = read('x'.repeat(10_000_000), ' failed to quantize: late\n');
  expect(log.reason).toBeUndefined();
});
