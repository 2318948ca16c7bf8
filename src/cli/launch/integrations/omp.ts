import { isAbsolute, join } from 'node:path';
import { yamlChange } from '../files/file-change.ts';
import type { Integration, LaunchSetup } from '../integration.ts';
import { mergedEntries } from './model-entry.ts';
import { openAiAddress } from './openai-address.ts';

const own = ['providers', 'ollama'];
/** The version of the setup that OMP then considers complete. */
const SETUP_VERSION = 1;

/** Oh My Pi (https://github.com/can1357/oh-my-pi, docs/models.md): a provider in models.yml. */
export const omp: Integration = {
  name: 'omp',
  title: 'OMP',
  description: 'AI coding agent with IDE integration',
  takesManyModels: true,
  isOnboarded: true,
  changesFiles: true,
  program: { names: ['omp'], places: ['.local/bin/omp', '.bun/bin/omp'], install: 'https://omp.sh' },
  plan(setup) {
    const folder = agentFolder(setup);
    return {
      args: ['--model', `ollama/${setup.model.name}`, ...setup.args],
      files: [
        yamlChange(join(folder, 'models.yml'), (yaml) => {
          yaml.set([...own, 'baseUrl'], openAiAddress(setup));
          yaml.set([...own, 'api'], 'openai-responses');
          yaml.set([...own, 'auth'], 'none');
          yaml.set([...own, 'discovery', 'type'], 'ollama');
          yaml.set([...own, 'models'], mergedEntries(setup.models, yaml.get([...own, 'models'])));
        }),
        yamlChange(join(folder, 'config.yml'), (yaml) => {
          if (Number(yaml.get(['setupVersion']) ?? 0) < SETUP_VERSION)
            yaml.set(['setupVersion'], SETUP_VERSION);
        }),
      ],
    };
  },
};

function agentFolder({ environment, home }: LaunchSetup): string {
  const chosen = environment.PI_CODING_AGENT_DIR?.trim();
  if (chosen) return chosen;
  const base = environment.PI_CONFIG_DIR?.trim() || '.omp';
  return join(isAbsolute(base) ? base : join(home, base), 'agent');
}
