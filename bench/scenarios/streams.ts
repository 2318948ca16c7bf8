import { decodeRate } from '../generation.ts';
import { BRIEF_STORY, LONG_STORY, repeatedPrompt, SHORT_STORY, storyPrompt } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const TOKENS = 128;

export const singleStream: Scenario = {
  name: 'single',
  figures: {
    rate: { title: 'one stream, decode tokens/s', better: 'higher', goal: '1.2 x' },
    firstToken: { title: 'one stream, first token of a 60-token prompt, s', better: 'lower' },
  },
  async run(server) {
    const generation = await server.generate({ prompt: storyPrompt(SHORT_STORY), tokens: TOKENS });
    return { rate: decodeRate(generation), firstToken: generation.firstTokenAfter };
  },
};

/** The server can draft tokens ahead when a text repeats itself. */
export const repetitiveStream: Scenario = {
  name: 'repetitive',
  figures: {
    rate: { title: 'one stream that repeats its prompt, decode tokens/s', better: 'higher', goal: '2.3 x' },
  },
  async run(server) {
    const request = { prompt: repeatedPrompt(), tokens: TOKENS, temperature: 0 };
    return { rate: decodeRate(await server.generate(request)) };
  },
};

export const prefill: Scenario = {
  name: 'prefill',
  figures: { rate: { title: 'prefill of a 1000-token prompt, tokens/s', better: 'higher' } },
  async run(server) {
    const { promptTokens, firstTokenAfter } = await server.generate({
      prompt: storyPrompt(LONG_STORY),
      tokens: 1,
    });
    return { rate: promptTokens / firstTokenAfter };
  },
};

/** How many clients start at the same moment, and what is aimed at. */
interface Crowd {
  readonly count: number;
  readonly goal?: string;
  readonly onlyNamed?: true;
}

/** Several clients that start at the same moment. */
export function parallelStreams(name: string, { count, goal, onlyNamed }: Crowd): Scenario {
  return {
    name,
    streams: count,
    ...(onlyNamed && { onlyNamed }),
    figures: {
      rate: {
        title: `${count} streams together, total tokens/s`,
        better: 'higher',
        ...(goal && { goal }),
      },
      typical: { title: `${count} streams together, median first token, s`, better: 'lower' },
      worst: { title: `${count} streams together, worst first token, s`, better: 'lower' },
    },
    async run(server) {
      const start = performance.now();
      const streams = Array.from({ length: count }, () =>
        server.generate({ prompt: storyPrompt(BRIEF_STORY), tokens: TOKENS }),
      );
      const generations = await Promise.all(streams);
      const seconds = (performance.now() - start) / 1000;
      const tokens = generations.reduce((total, generation) => total + generation.completionTokens, 0);
      const waits = generations.map((generation) => generation.firstTokenAfter);
      return { rate: tokens / seconds, typical: median(waits), worst: Math.max(...waits) };
    },
  };
}
