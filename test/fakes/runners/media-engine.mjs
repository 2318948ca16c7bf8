// The built engine with an encoder that takes its data for the rows themselves. The file of the projector is JSON: the facts
// of the encoder. A piece says with `place` how many stages it takes, how long each is, and whether it fails.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runEngine } from '../../../dist/engine/run-engine.js';

runEngine(() => async (path, { gpu }) => {
  const facts = JSON.parse(readFileSync(path, 'utf8'));
  if (facts.problem) throw new Error(facts.problem);
  if (gpu !== undefined) throw new Error(`there is no room on ${gpu}`);
  return {
    ...facts,
    async encode({ place = {} }, data, pause) {
      for (let stage = 0; stage < (place.stages ?? 1); stage++) {
        await pause();
        await sleep(place.milliseconds ?? 0);
      }
      if (place.fails) throw new Error('the encoder failed');
      const rows = new Float32Array(data.length / Float32Array.BYTES_PER_ELEMENT);
      new Uint8Array(rows.buffer).set(data);
      return rows;
    },
    free() {},
  };
});
