import { OllamaError } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { isNotFound, unloadModel } from './unload.ts';

export const stopCommand = defineCommand({
  name: 'stop',
  usage: 'stop MODEL',
  summary: 'Unload a running model',
  arity: { min: 1, max: 1 },
  flags: {},
  completes: 'running',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''] }, { client }) {
    try {
      await unloadModel(client, model);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new OllamaError('not-found', `couldn't find model "${model}" to stop`, { cause: error });
    }
    return 0;
  },
});
