import { messageOf, OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import { defineCommand } from '../command.ts';
import { ProgressView } from '../output/progress.ts';

const NOT_AUTHORIZED =
  'you are not authorized to push to this namespace, create the model under a namespace you own';

/** Registries word this refusal in different ways. */
function explain(error: unknown): unknown {
  if (!/access denied|unauthorized/i.test(messageOf(error))) return error;
  const hint = /\(run ".*"\)/.exec(messageOf(error))?.[0];
  const message = hint === undefined ? NOT_AUTHORIZED : `${NOT_AUTHORIZED} ${hint}`;
  return new OllamaError('upstream', message, { cause: error });
}

/** The address where people find the model after the push. */
function addressOf(model: string): string {
  const name = ModelName.tryParse(model);
  if (!name) return model;
  if (!/\.ollama\.(ai|com)$/.test(name.host)) return name.full;
  return `https://ollama.com/${name.short.replace(/:latest$/, '')}`;
}

export const pushCommand = defineCommand({
  name: 'push',
  usage: 'push MODEL',
  summary: 'Upload a model to its registry',
  arity: { min: 1, max: 1 },
  flags: { insecure: { type: 'boolean', help: 'Use plain HTTP to connect to the registry' } },
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, { client, stdout, stderr, environment }) {
    const progress = new ProgressView(stderr, environment);
    try {
      for await (const event of client.push({ model, insecure: flags.insecure === true }))
        progress.update(event);
    } catch (error) {
      throw explain(error);
    } finally {
      progress.stop();
    }
    stdout.write(`\nYou can find your model at:\n\n\t${addressOf(model)}\n`);
    return 0;
  },
});
