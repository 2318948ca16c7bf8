/**
 * The Helm chart and the manifests that it makes, rendered by Helm's own library and validated with the schemas of Kubernetes. Skipped with a
 * message if there is no Python. `npx vitest run --project clients
 * test/e2e/clients/kubernetes.test.ts -u` writes the manifests again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { metricTable } from '../../../src/metrics/metric-table.ts';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWith } from '../../fakes/python-environment.ts';
import { startTestServer } from '../support/server-process.ts';
import { createModel, randomModelBytes } from '../support/server-requests.ts';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const script = fileURLToPath(new URL('../support/render-chart.py', import.meta.url));
const packages = ['kubernetes-validate==1.37.0', 'helm-python-sdk==0.2.2'];
/** The oldest that the chart admits, and the newest whose schemas there are. */
const versions = ['1.27', '1.37'];
const fromChart = (values: string) => `# Made from packaging/helm/ollama-ts${values}. Change it there.\n`;

interface Rendered {
  readonly error?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly unknown: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown>;
  readonly data?: Readonly<Record<string, string>>;
}

const plain = {};
const watched = { models: ['smollm2:135m'], podMonitor: { enabled: true } };
const pooled = { keys: { required: false }, inferencePool: { enabled: true } };
const wrong = { inferencePool: { enabled: true } };
const longest = 'a'.repeat(52);
/** What people have set, each with what must be accepted. */
const odd = [
  { releaseName: longest, ...pooled, podMonitor: { enabled: true } },
  { storage: { enabled: false, size: '5Gi' }, replicas: 1 },
  { replicas: 40, models: ['hf.co/a/b:Q4_K_M', "it's"], storage: { className: 'fast' } },
  {
    resources: { limits: { 'nvidia.com/gpu': 2, memory: '64Gi' }, requests: {} },
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    nodeSelector: { gpu: 'yes' },
    imagePullSecrets: [{ name: 'own' }],
  },
  {
    keys: { secret: 's'.repeat(253) },
    networkPolicy: { enabled: false },
    settings: { OLLAMA_NUM_PARALLEL: '4' },
  },
];
/** What cannot work, and the reason that Helm gives before anything is installed. */
const refused = [
  [{ releaseName: `${longest}a` }, 'at most 52'],
  [{ releaseName: 'my.models' }, 'lower-case letters, digits and dashes'],
  [{ releaseName: '1st' }, 'begin with a letter'],
  [{ settings: { OLLAMA_DRAIN_GRACE: '5s' } }, 'settings.OLLAMA_DRAIN_GRACE: the chart sets it'],
  [{ settings: { OLLAMA_CONTEXT_LENGTH: 1_000_000 } }, 'settings.OLLAMA_CONTEXT_LENGTH: quote the value'],
] as const;

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the chart is not rendered, because there is no python3 with venv\n');

async function render(version: string): Promise<{ rendered: Rendered[]; faults: string[] }> {
  const interpreter = await pythonWith(packages);
  const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const values = [plain, watched, pooled, wrong, ...odd, ...refused.map(([one]) => one)];
  child.stdin.end(JSON.stringify({ chart: path('packaging/helm/ollama-ts'), version, values }));
  return JSON.parse(await textOf(child.stdout));
}

function manifestsOf(text = ''): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    expect(document.errors).toEqual([]);
    const manifest = document.toJS() as Manifest | null;
    return manifest ? [manifest] : [];
  });
}

function manifestOf(rendered: Rendered | undefined, kind: string): Manifest {
  const all = Object.values(rendered?.files ?? {}).flatMap(manifestsOf);
  const found = all.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`no ${kind} among ${all.map((manifest) => manifest.kind).join(', ')}`);
  return found;
}

describe.skipIf(!python)('the Helm chart', () => {
  const results = new Map<string, Awaited<ReturnType<typeof render>>>();
  const rendered = (index: number) => results.get('1.37')?.rendered[index];

  beforeAll(async () => {
    for (const version of versions) results.set(version, await render(version));
  }, INSTALL_TIMEOUT_MS);

  it('is accepted by Helm, and makes what Kubernetes accepts', () => {
    for (const { rendered: all, faults } of results.values()) {
      expect(faults).toEqual([]);
      expect(all.flatMap(({ problems = [] }) => problems)).toEqual([]);
      const unknown = new Set(all.flatMap(({ unknown: kinds = [] }) => kinds));
      expect([...unknown]).toEqual(['PodMonitor', 'InferencePool']);
      expect(all.slice(3 + 1, 4 + odd.length).map(({ error }) => error)).toEqual(odd.map(() => undefined));
    }
  });

  it('makes the manifests in packaging/kubernetes/', async () => {
    const servers = ['statefulset.yaml', 'services.yaml'].map((name) => rendered(0)?.files[name]?.trim());
    const files = {
      'servers.yaml': fromChart('') + servers.join('\n---\n'),
      'pod-monitor.yaml': fromChart(' with podMonitor.enabled') + rendered(1)?.files['pod-monitor.yaml'],
      'inference-pool.yaml':
        fromChart(' with inferencePool.enabled and without keys') + rendered(2)?.files['inference-pool.yaml'],
    };
    for (const [name, content] of Object.entries(files))
      await expect(`${content.trim()}\n`).toMatchFileSnapshot(path(`packaging/kubernetes/${name}`));
  });

  it('makes custom resources with the fields that their definitions have', () => {
    const schemas = JSON.parse(readFileSync(path('test/fixtures/kubernetes/custom-resources.json'), 'utf8'));
    for (const [index, kind] of [
      [1, 'PodMonitor'],
      [2, 'InferencePool'],
    ] as const) {
      const validate = new Ajv2020().compile(schemas[kind]);
      expect([validate(manifestOf(rendered(index), kind)), validate.errors]).toEqual([true, null]);
    }
  });

  it('names metrics that the server has', () => {
    const config = parse(manifestOf(rendered(2), 'ConfigMap').data?.['config.yaml'] ?? '');
    const names = JSON.stringify(config).match(/vllm:\w+/g);
    expect(names).toHaveLength(3);
    const known = metricTable({ llamaCpp: false }).map(({ name }) => name);
    for (const name of names ?? []) expect(known).toContain(name);
    const used = config.schedulingProfiles[0].plugins.map(
      (plugin: { pluginRef: string }) => plugin.pluginRef,
    );
    const types = config.plugins.map((plugin: { type: string }) => plugin.type);
    for (const plugin of used) expect(types).toContain(plugin);
  });

  it('refuses an inference pool whose picker could not read the metrics', () => {
    expect(rendered(3)?.error).toContain('set keys.required to false');
  });

  it('refuses what Kubernetes or the server would only refuse later, with the reason', () => {
    for (const [index, [, reason]] of refused.entries())
      expect(rendered(4 + odd.length + index)?.error).toContain(reason);
  });

  it('keeps models on a volume unless it is told not to', () => {
    const volumes = (index: number) => {
      const { spec } = manifestOf(rendered(index), 'StatefulSet');
      const { template, volumeClaimTemplates = [] } = parse(JSON.stringify(spec));
      const named = template.spec.volumes.filter(({ name }: { name: string }) => name === 'store');
      return [volumeClaimTemplates.length, named];
    };
    expect(volumes(0)).toEqual([1, []]);
    expect(volumes(5)).toEqual([0, [{ name: 'store', emptyDir: { sizeLimit: '5Gi' } }]]);
  });

  it('names metrics that a server with a loaded model reports', async () => {
    const config = manifestOf(rendered(2), 'ConfigMap').data?.['config.yaml'] ?? '';
    await using server = await startTestServer();
    await createModel(server, 'm', await randomModelBytes());
    const asked = { model: 'm', prompt: 'Hi', options: { num_predict: 1 }, stream: false };
    await fetch(`${server.url}/api/generate`, { method: 'POST', body: JSON.stringify(asked) });
    const page = await (await fetch(`${server.url}/metrics`)).text();
    for (const name of config.match(/vllm:\w+/g) ?? ['none'])
      expect(page).toMatch(new RegExp(`^${name}\\{[^}]*model_name="m:latest"[^}]*\\} [0-9]`, 'm'));
  });

  it('gives a server time to be noticed, to finish, and to save', () => {
    const { spec } = parse(JSON.stringify(manifestOf(rendered(0), 'StatefulSet'))).spec.template;
    const [{ env, readinessProbe }] = spec.containers;
    const seconds = (name: string) =>
      Number.parseInt(env.find((entry: { name: string }) => entry.name === name).value, 10);
    const noticed = readinessProbe.periodSeconds * readinessProbe.failureThreshold;
    expect(seconds('OLLAMA_DRAIN_GRACE')).toBeGreaterThanOrEqual(noticed + readinessProbe.timeoutSeconds);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      seconds('OLLAMA_DRAIN_GRACE') + seconds('OLLAMA_SHUTDOWN_TIMEOUT') + 30,
    );
  });

  it('runs as the user of the image, and keeps what the image keeps', () => {
    const dockerfile = readFileSync(path('packaging/Dockerfile'), 'utf8');
    const { spec } = parse(JSON.stringify(manifestOf(rendered(1), 'StatefulSet'))).spec.template;
    const { runAsUser, runAsGroup } = spec.securityContext;
    expect(dockerfile).toContain(`\nUSER ${runAsUser}:${runAsGroup}\n`);
    for (const container of [...spec.containers, ...spec.initContainers]) {
      const store = container.volumeMounts.find(({ name }: { name: string }) => name === 'store');
      expect(dockerfile).toContain(`\nVOLUME ${store.mountPath}\n`);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('pulls only models that a volume lacks, and fails if that fails', async () => {
    const { spec } = parse(JSON.stringify(manifestOf(rendered(1), 'StatefulSet'))).spec.template;
    const pull: string = spec.initContainers[0].args[0];
    await using server = await startTestServer();
    await createModel(server, 'here', await randomModelBytes());
    await server.stop();
    const folder = await mkdtemp(join(tmpdir(), 'kubernetes-'));
    try {
      const program = `#!/bin/sh\nexec '${process.execPath}' '${path('bin/ollama')}' "$@"\n`;
      await writeFile(join(folder, 'ollama'), program, { mode: 0o755 });
      const OLLAMA_MODELS = server.modelsFolder;
      const own = { HOME: folder, OLLAMA_MODELS, OLLAMA_HOST: server.host, OLLAMA_CONFIG: '/dev/null' };
      const env = { ...process.env, ...own, PATH: `${folder}:${process.env.PATH}` };
      const run = async (name: string) => {
        const child = spawn('sh', ['-ec', pull.replaceAll('smollm2:135m', name)], { env, stdio: 'ignore' });
        const [status] = await once(child, 'exit');
        return status;
      };
      expect(await run('here')).toBe(0);
      // Nobody listens on the first port.
      expect(await run('127.0.0.1:1/library/missing')).toBe(1);
      await expect(fetch(server.url)).rejects.toThrow();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
