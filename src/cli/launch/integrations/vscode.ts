import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchSetup } from '../integration.ts';

/** VS Code's chat (https://code.visualstudio.com/docs/copilot/customization/language-models): its list of model providers. */
export const vscode: Integration = {
  name: 'vscode',
  title: 'VS Code',
  description: "Microsoft's open-source AI code editor",
  aliases: ['code'],
  isHidden: true,
  changesFiles: true,
  program: {
    names: ['code'],
    places: ['/usr/bin/code', '/snap/bin/code', '%LOCALAPPDATA%/Programs/Microsoft VS Code/bin/code'],
    install: 'https://code.visualstudio.com',
  },
  plan: (setup) => ({
    args: setup.args,
    files: [
      jsonChange(join(userFolder(setup), 'chatLanguageModels.json'), (json) => edit(json, setup), {
        empty: '[]',
      }),
    ],
  }),
};

function userFolder({ home, environment, platform = process.platform }: LaunchSetup): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Code', 'User');
  if (platform === 'win32') {
    return join(environment.APPDATA?.trim() || join(home, 'AppData', 'Roaming'), 'Code', 'User');
  }
  return join(home, '.config', 'Code', 'User');
}

/** The models themselves come from the server: VS Code lists them by its address. */
function edit(json: JsonText, { host }: LaunchSetup): void {
  const entry = { vendor: 'ollama', name: 'Ollama', url: host };
  const present = json.list([]);
  const isOurs = (value: unknown) => isJsonObject(value) && value.vendor === entry.vendor;
  if (JSON.stringify(present.filter(isOurs)) === JSON.stringify([entry])) return;
  for (let index = present.length - 1; index >= 0; index--) {
    if (isOurs(present[index])) json.delete([index]);
  }
  json.insert([], json.list([]).length, entry);
}
