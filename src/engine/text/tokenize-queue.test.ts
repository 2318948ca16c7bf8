import { expect, it } from 'vitest';
import { createDeferred } from '../../base/deferred.ts';
import { TokenizeQueue } from './tokenize-queue.ts';

const options = { addSpecial: false, parseSpecial: true };

function queueWithSteps() {
  const begun: string[] = [];
  const works = new Map<string, ReturnType<typeof createDeferred<number[]>>>();
  const queue = new TokenizeQueue({
    tokenizeApart: (text) => {
      begun.push(text);
      const work = createDeferred<number[]>();
      works.set(text, work);
      return work.promise;
    },
  });
  return { queue, begun, works };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('works on two texts at once, and on the others in order', async () => {
  const { queue, begun, works } = queueWithSteps();
  const results = ['a', 'b', 'c', 'd'].map((text, id) => queue.tokenize(id, text, options));
  await turn();
  expect(begun).toEqual(['a', 'b']);
  works.get('b')?.resolve([2]);
  await turn();
  expect(begun).toEqual(['a', 'b', 'c']);
  works.get('c')?.reject(new Error('failed'));
  await expect(results[2]).rejects.toThrow('failed');
  await turn();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  works.get('a')?.resolve([1]);
  works.get('d')?.resolve([4]);
  expect(await Promise.all([results[0], results[1], results[3]])).toEqual([[1], [2], [4]]);
});

it('drops a canceled text that has not begun', async () => {
  const { queue, begun, works } = queueWithSteps();
  const [first, second, third] = [1, 2, 3].map((id) => queue.tokenize(id, `text ${id}`, options));
  queue.cancel(3);
  await expect(third).rejects.toThrow('request canceled');
  queue.cancel(1);
  works.get('text 1')?.resolve([1]);
  works.get('text 2')?.resolve([2]);
  expect(await Promise.all([first, second])).toEqual([[1], [2]]);
  expect(begun).toEqual(['text 1', 'text 2']);
});
