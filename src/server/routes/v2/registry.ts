/**
 * The read side of the OCI distribution protocol (`/v2/…`) for other machines. The setting OLLAMA_REGISTRY_CACHE
 * enables it.
 */
import { createHash } from 'node:crypto';
import { requireModel } from '../../../access/require-model.ts';
import { OllamaError } from '../../../base/errors.ts';
import { type Digest, isDigest, parseDigest } from '../../../names/digest.ts';
import { ModelName } from '../../../names/model-name.ts';
import { MANIFEST_MEDIA_TYPE } from '../../../store/manifest.ts';
import { refuseBrowsers } from '../../middleware/fetch-site.ts';
import type { RegistryCache } from '../../registry-cache.ts';
import { fileReply } from '../../reply/file-reply.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { requestAbort } from '../../request/request-signal.ts';
import type { RequestContext, Route } from '../../server-parts.ts';

interface Parts {
  readonly registryCache: Pick<RegistryCache, 'manifest' | 'blob'>;
  readonly config: { readonly registryCache: boolean };
}

const VERSION_HEADERS = { 'Docker-Distribution-API-Version': 'registry/2.0' };

export function registryRoutes({ registryCache, config }: Parts): Route[] {
  const guarded =
    (handler: (context: RequestContext) => Response | Promise<Response>) => (context: RequestContext) => {
      refuseBrowsers(context, 'this server acts as a registry');
      if (config.registryCache) return handler(context);
      throw new OllamaError(
        'not-found',
        'this server does not act as a registry: set OLLAMA_REGISTRY_CACHE=1 to enable it',
      );
    };
  const version = guarded(() => jsonReply({}, VERSION_HEADERS));
  const manifest = guarded(async (context) => {
    const name = nameOf(context);
    requireModel(context.get('key'), name.short);
    const bytes = await registryCache.manifest(name, requestAbort(context).signal);
    const headers = {
      ...VERSION_HEADERS,
      'Content-Type': MANIFEST_MEDIA_TYPE,
      'Content-Length': String(bytes.length),
      'Docker-Content-Digest': `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    };
    return new Response(context.req.method === 'HEAD' ? null : Buffer.from(bytes), { headers });
  });
  const blob = guarded(async (context) => {
    const digest = digestOf(context);
    const name = nameOf(context);
    const key = context.get('key');
    requireModel(key, name.short);
    const found = await registryCache.blob(name, digest, { ofModel: key !== undefined && !key.mayUseAll });
    if ('url' in found) return new Response(null, { status: 307, headers: { Location: found.url } });
    const headers = { ...VERSION_HEADERS, 'Docker-Content-Digest': digest };
    return fileReply(found, context.req.header('Range'), { headers, isHead: context.req.method === 'HEAD' });
  });
  return [
    { path: '/v2/', handlers: { GET: version, HEAD: version } },
    { path: '/v2/:namespace/:model/manifests/:tag', handlers: { GET: manifest, HEAD: manifest } },
    { path: '/v2/:namespace/:model/blobs/:digest', handlers: { GET: blob, HEAD: blob } },
  ];
}

/** Builds the model name with the default registry, because clients must not make this server contact any other. */
function nameOf(context: RequestContext): ModelName {
  const { namespace = '', model = '', tag = 'latest' } = context.req.param() as Record<string, string>;
  const { host } = ModelName.parse('any');
  const name = ModelName.fromParts({ host, namespace, model, tag });
  if (!name) throw new OllamaError('invalid-request', 'invalid model name');
  return name;
}

function digestOf(context: RequestContext): Digest {
  const text = context.req.param('digest') ?? '';
  if (isDigest(text)) return parseDigest(text);
  throw new OllamaError('invalid-request', 'invalid digest');
}
