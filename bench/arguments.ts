import { parseArgs } from 'node:util';

export const usage = `Usage: npm run bench -- [options]

  --url URL           our server (default: start the built server on a free port, with the models)
  --peer URL          second server, with Ollama's or llama-server's API; detected automatically
  --base FOLDER       built checkout of another version, started as a third server with the same models
  --model NAME        model that all servers have (default smollm2:135m)
  --large-model NAME  model with a large vocabulary for the schema rows (default gemma3:270m)
  --rounds N          number of runs of each scenario per server, alternating (default 3)
  --only NAME,...     scenarios to run (default: all except sixteen and sixty-four)
  --llama-bench PATH  llama-bench program to run, alternating with our single stream
  --gguf PATH         file for llama-bench; required with --url

The peer must serve the same GGUF files and give each slot 2048 tokens.`;

export interface BenchArguments {
  readonly help: boolean;
  readonly url: string;
  readonly peer: string | undefined;
  /** Folder of the earlier build, and the URL of its server. */
  readonly baseFolder: string | undefined;
  readonly base: string | undefined;
  readonly model: string;
  readonly largeModel: string;
  readonly rounds: number;
  readonly only: readonly string[];
  /** Process IDs of our server and of the earlier build, if this run started them. */
  readonly pid: number | undefined;
  readonly basePid: number | undefined;
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
      base: text,
      'base-url': text,
      model: { ...text, default: 'smollm2:135m' },
      'large-model': { ...text, default: 'gemma3:270m' },
      rounds: { ...text, default: '3' },
      only: { ...text, default: '' },
      pid: text,
      'base-pid': text,
      'llama-bench': text,
      gguf: text,
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be an integer of at least 1');
  if (values.url && values['llama-bench'] && !values.gguf)
    throw new Error('--llama-bench with --url requires --gguf PATH');
  if (values.url && values.base && !values['base-url'])
    throw new Error('--base starts servers, which --url excludes: use --peer for a server that runs already');
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  return {
    help: values.help,
    url: values.url,
    peer: values.peer,
    baseFolder: values.base,
    base: values['base-url'],
    model: values.model,
    largeModel: values['large-model'],
    rounds,
    only: values.only.split(',').filter((name) => name !== ''),
    pid: number(values.pid),
    basePid: number(values['base-pid']),
    llamaBench: values['llama-bench'],
    gguf: values.gguf,
  };
}
