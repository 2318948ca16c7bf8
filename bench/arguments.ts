import { parseArgs } from 'node:util';

export const usage = `Usage: npm run bench -- [options]

  --url URL           our server (default: start the built server on a free port with SmolLM2-135M)
  --peer URL          second server, with Ollama's or llama-server's API; detected automatically
  --model NAME        model that both servers have (default smollm2:135m)
  --rounds N          number of runs of each scenario per server, alternating (default 3)
  --only NAME,...     scenarios to run (default: all)
  --llama-bench PATH  llama-bench program to run, alternating with our single stream
  --gguf PATH         file for llama-bench; required with --url

The peer must serve the same GGUF file and give each slot 2048 tokens.`;

export interface BenchArguments {
  readonly help: boolean;
  readonly url: string;
  readonly peer: string | undefined;
  readonly model: string;
  readonly rounds: number;
  readonly only: readonly string[];
  /** Process ID of our server, if this run started it. */
  readonly pid: number | undefined;
  readonly llamaBench: string | undefined;
  readonly gguf: string | undefined;
}

/** @throws Error that names the argument */
export function readArguments(args: string[]): BenchArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      url: { ...text, default: '' },
      peer: text,
      model: { ...text, default: 'smollm2:135m' },
      rounds: { ...text, default: '3' },
      only: { ...text, default: '' },
      pid: text,
      'llama-bench': text,
      gguf: text,
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be an integer of at least 1');
  if (values['llama-bench'] && !values.gguf) throw new Error('--llama-bench with --url requires --gguf PATH');
  return {
    help: values.help,
    url: values.url,
    peer: values.peer,
    model: values.model,
    rounds,
    only: values.only.split(',').filter((name) => name !== ''),
    pid: values.pid === undefined ? undefined : Number(values.pid),
    llamaBench: values['llama-bench'],
    gguf: values.gguf,
  };
}
