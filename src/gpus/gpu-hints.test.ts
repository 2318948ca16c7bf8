import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowedBackends } from './allowed-backends.ts';
import type { BackendName } from './backend-catalog.ts';
import { gpuHints } from './gpu-hints.ts';
import type { BackendStatus } from './installed-backends.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ollama-hints-'));
});
afterEach(() => rm(root, { recursive: true }));

type State = BackendStatus['state'];
const backends = (cuda: State, vulkan: State): BackendStatus[] => [
  { name: 'cuda', state: cuda },
  { name: 'vulkan', state: vulkan },
];
const none = backends('not installed', 'not installed');
const both: BackendName[] = ['cuda', 'vulkan'];
const nvidia = ['proc/driver/nvidia/version'];
const device = ['dev/nvidia0'];
const render = ['dev/dri/card0', 'dev/dri/renderD128'];

describe('gpuHints', () => {
  it.each<[string, string[], BackendStatus[], BackendName[], RegExp[]]>([
    ['no GPU', [], none, both, []],
    ['only a screen', ['dev/dri/card0'], none, both, []],
    ['NVIDIA', nvidia, none, both, [/an NVIDIA GPU .*ollama backend install cuda"/]],
    ['NVIDIA in a container', device, none, both, [/an NVIDIA GPU .*ollama backend install cuda"/]],
    ['NVIDIA and a render node', [...nvidia, ...render], none, both, [/install cuda"/]],
    ['another maker', render, none, both, [/a GPU is present.*ollama backend install vulkan"/]],
    ['NVIDIA, its backend installed', nvidia, backends('installed', 'not installed'), both, []],
    ['NVIDIA, Vulkan installed', nvidia, backends('not installed', 'installed'), both, []],
    [
      'an old version',
      nvidia,
      backends('needs update', 'not installed'),
      both,
      [/does not match .*install cuda"/],
    ],
    ['an old version that may not be used', nvidia, backends('needs update', 'not installed'), [], []],
    ['no backend for this machine', nvidia, backends('not available', 'not available'), both, []],
    ['a GPU that may not be used', [...nvidia, ...render], none, [], []],
    ['Vulkan switched off', render, none, ['cuda'], []],
    ['NVIDIA through Vulkan', nvidia, none, ['vulkan'], [/install vulkan"/]],
  ])('with %s', async (_, files, installed, allowed, expected) => {
    for (const file of files) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), '');
    }
    expect(gpuHints(installed, allowed, root, 'linux')).toEqual(
      expected.map((hint) => expect.stringMatching(hint)),
    );
  });

  it('says on Windows that an NVIDIA GPU is not used yet, without a command that would fail', async () => {
    const unavailable = backends('not available', 'not available');
    expect(gpuHints(unavailable, both, root, 'win32')).toEqual([]);
    await mkdir(join(root, 'System32'));
    await writeFile(join(root, 'System32/nvcuda.dll'), '');
    expect(gpuHints(unavailable, both, root, 'win32')).toEqual([
      expect.stringMatching(/an NVIDIA GPU is present.*no GPU libraries for Windows yet$/),
    ]);
    expect(gpuHints(unavailable, [], root, 'win32')).toEqual([]);
  });
});

it.each([
  ['auto', true, ['metal', 'cuda', 'vulkan']],
  ['auto', false, ['metal', 'cuda']],
  ['cpu', true, []],
  ['cuda', true, ['cuda']],
  // When it is named, it is used.
  ['vulkan', false, ['vulkan']],
  ['metal', true, ['metal']],
] as const)(
  'with OLLAMA_LLM_LIBRARY=%s and OLLAMA_VULKAN=%s these backends may be used: %j',
  (llmLibrary, vulkan, names) => {
    expect(allowedBackends({ llmLibrary, vulkan })).toEqual(names);
  },
);
