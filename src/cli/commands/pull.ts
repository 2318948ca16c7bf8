import { defineCommand } from '../command.ts';
import { ProgressView } from '../output/progress.ts';

export const pullCommand = defineCommand({
  name: 'pull',
  usage: 'pull MODEL',
  summary: 'Download a model from a registry',
  arity: { min: 1, max: 1 },
  flags: { insecure: { type: 'boolean', help: 'Use plain HTTP to connect to the registry' } },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, { client, stderr, environment }) {
    const progress = new ProgressView(stderr, environment);
    try {
      for await (const event of client.pull({ model, insecure: flags.insecure === true }))
        progress.update(event);
    } finally {
      progress.stop();
    }
    return 0;
  },
});
