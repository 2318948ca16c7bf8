import { join } from 'node:path';
import { jsonChange } from '../files/file-change.ts';
import type { Integration, LaunchModel } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

/** Muse drops models of another provider or profile than its session's. */
const PROVIDER = 'meta';
const PROFILE = 'tbh';
/** Muse needs both limits. */
const FALLBACK_LIMIT = 32_768;

/** Meta's Muse: a folder of settings of its own, so that the user's Muse keeps its server. */
export const muse: Integration = {
  name: 'muse',
  title: 'Muse Code',
  description: "Meta's agentic coding CLI",
  aliases: ['muse-code'],
  isHidden: true,
  takesManyModels: true,
  changesFiles: true,
  program: { names: ['muse'], places: ['.local/bin/muse'], install: 'https://dev.meta.ai' },
  plan(setup) {
    const { home, environment, args, model, models } = setup;
    const folder = join(home, '.ollama', 'launch', 'muse-config');
    const userFolder = environment.XDG_CONFIG_HOME?.trim() || join(home, '.config');
    return {
      args,
      env: { XDG_CONFIG_HOME: folder },
      files: [
        jsonChange(
          join(folder, 'muse', 'settings.json'),
          (json) => {
            if (json.get(['schema_version']) === undefined) json.set(['schema_version'], 1);
            json.set(['provider'], PROVIDER).set(['model'], model.name);
            json.set(['endpoint_transport'], { base_url: openAiAddress(setup), auth: 'none' });
            json.set(['model_catalog'], models.map(catalogRow));
          },
          { seed: join(userFolder, 'muse', 'settings.json') },
        ),
      ],
    };
  },
};

function catalogRow({ name, contextLength = FALLBACK_LIMIT }: LaunchModel, index: number): object {
  return {
    model_id: name,
    provider_id: PROVIDER,
    profile_id: PROFILE,
    display_label: name,
    visibility: 'visible',
    display_order: index,
    is_default: index === 0,
    context_limit: contextLength,
    output_limit: Math.min(contextLength, FALLBACK_LIMIT),
    description: 'Served by Ollama',
  };
}
