import type { LoadProgress, LoadRequest } from '../../api/load.ts';
import { defineCommand, textFlag } from '../command.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import { withInterrupt } from '../repl/interrupt.ts';

const PERCENT = 100;

function statusText({ status, model, fraction }: LoadProgress): string {
  if (status === 'waiting') return `waiting to load ${model}`;
  return `loading ${model} ${Math.floor((fraction ?? 0) * PERCENT)}%`;
}

export const loadCommand = defineCommand({
  name: 'load',
  usage: 'load MODEL',
  summary: 'Load a model into memory',
  arity: { min: 1, max: 1 },
  flags: { keepalive: { type: 'string', help: 'How long to keep the model loaded (for example 5m)' } },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, { client, stderr, environment }) {
    const keepAlive = textFlag(flags, 'keepalive');
    const request: LoadRequest = { model, ...(keepAlive !== undefined && { keep_alive: keepAlive }) };
    const spinner = new WaitSpinner(stderr, environment);
    spinner.start();
    try {
      await withInterrupt(async (signal) => {
        for await (const progress of client.load(request, signal)) spinner.label = statusText(progress);
      });
    } finally {
      spinner.stop();
    }
    return 0;
  },
});
