import { setTimeout as sleep } from 'node:timers/promises';
import { BRIEF_STORY, LONG_STORY, storyPrompt } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';
import { worstGap } from '../statistics.ts';

/** Long enough for the stream to start, short enough for it to continue throughout the prefill. */
const HEAD_START_MS = 800;
const STREAM_TOKENS = 160;
/** A story may end before the prompt arrives; such a run gives no result. */
const MAX_ATTEMPTS = 5;

export const worstGapDuringPrefill: Scenario = {
  name: 'gap',
  figures: {
    gap: {
      title: 'worst gap of a stream while a 1000-token prompt arrives, s',
      better: 'lower',
      goal: '0.2 s',
    },
  },
  async run(server) {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const stream = server.generate({ prompt: storyPrompt(BRIEF_STORY), tokens: STREAM_TOKENS });
      await sleep(HEAD_START_MS);
      const arrival = performance.now() / 1000;
      await server.generate({ prompt: storyPrompt(LONG_STORY), tokens: 1 });
      const { chunkTimes } = await stream;
      if ((chunkTimes.at(-1) ?? 0) > arrival) return { gap: worstGap(chunkTimes) };
    }
    return {};
  },
};

/** Two long conversations in turn, to check that the prefix of the first one is still cached. */
export const secondTurn: Scenario = {
  name: 'second-turn',
  figures: {
    firstToken: { title: 'second turn on a 1000-token prefix, first token, s', better: 'lower' },
  },
  async run(server) {
    const conversation = storyPrompt(LONG_STORY);
    await server.generate({ prompt: conversation, tokens: 4 });
    await server.generate({ prompt: storyPrompt(LONG_STORY), tokens: 4 });
    const { firstTokenAfter } = await server.generate({ prompt: `${conversation} and then`, tokens: 1 });
    return { firstToken: firstTokenAfter };
  },
};

/** The second turn after an unload; the time includes the reload. */
export const secondTurnAfterUnload: Scenario = {
  name: 'reload',
  figures: {
    firstToken: {
      title: 'second turn on a 1000-token prefix after an unload, first token, s',
      better: 'lower',
    },
  },
  async run(server) {
    if (!server.unload) return {};
    const conversation = storyPrompt(LONG_STORY);
    await server.generate({ prompt: conversation, tokens: 4 });
    await server.unload();
    const { firstTokenAfter } = await server.generate({ prompt: `${conversation} and then`, tokens: 1 });
    return { firstToken: firstTokenAfter };
  },
};
