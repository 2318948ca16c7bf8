import { parseArgs } from 'node:util';

export const usage = `Usage: npm run bench -- [options]

  --url URL           our server; without it a built one is started on a free port with SmolLM2-135M
  --peer URL          a second server: Ollama's API or llama-server's, found out by asking
  --model NAME        model that both have (default smollm2:135m)
  --rounds N          runs of each scenario and server, in turn (default 3)
  --only NAME,...     scenarios to run
  --llama-bench PATH  run this llama-bench binary in turn with our single stream
  --gguf PATH         the file for llama-bench, where we did not start the server ourselves

The peer must hold the same GGUF file and give each slot 2048 tokens.`;

export interface BenchArguments {
  readonly help: boolean;
  readonly url: string;
  readonly peer: string | undefined;
  readonly model: string;
  readonly rounds: number;
  readonly only: readonly string[];
  /** Of our server, when we started it. */
  readonly pid: number | undefined;
  readonly llamaBench: string | undefined;
  readonly gguf: string | undefined;
}

/** @throws Error naming the argument */
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
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number above 0');
  if (values['llama-bench'] && !values.gguf) throw new Error('--llama-bench needs --gguf PATH here');
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
