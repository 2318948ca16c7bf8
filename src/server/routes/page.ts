import { OllamaError } from '../../base/errors.ts';
import { chooseEncoding } from '../page/encodings.ts';
import { DOCUMENT, PageFiles } from '../page/page-files.ts';
import { textReply } from '../reply/http-reply.ts';
import type { RequestContext, Route, ServerSettings } from '../server-parts.ts';

/** The addresses of the page besides `/`, which also answers programs. */
const addresses = ['/models', '/engine', '/compare', '/settings'] as const;

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/**
 * What the page may load and do: only what comes from this server, and pictures and sound that it holds itself. Nothing that a model
 * writes can make the browser ask another server, and no other page can show this one in a frame.
 */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const documentHeaders = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The name of a file has a hash of its contents. */
const FOREVER = 'public, max-age=31536000, immutable';
/** Asks each time, and mostly hears that nothing changed. */
const CHECKED = 'no-cache';

interface Parts {
  readonly config: Pick<ServerSettings, 'ui'>;
}

/** The web page: one document for its five addresses, and the files that the document names. */
export function pageRoutes({ config }: Parts, files = new PageFiles()): Route[] {
  const isOn = () => config.ui && files.isThere;
  const showDocument = (context: RequestContext) => fileReply(context, files, DOCUMENT, CHECKED);
  const running = () => textReply('Ollama is running', 200, isOn() ? { Vary: 'Accept' } : {});
  const root = (context: RequestContext) =>
    isOn() && wantsPage(context) ? showDocument(context) : running();
  const page = (context: RequestContext) => {
    if (!isOn()) throw absent(context);
    return showDocument(context);
  };
  const file = (context: RequestContext) => {
    const name = context.req.param('name') ?? '';
    if (!isOn() || !files.has(name)) throw absent(context);
    return fileReply(context, files, name, name === DOCUMENT ? CHECKED : FOREVER);
  };
  return [
    { path: '/', handlers: { GET: root, HEAD: root } },
    ...addresses.map((path) => ({ path, handlers: { GET: page, HEAD: page } })),
    { path: '/ui/:name', handlers: { GET: file, HEAD: file } },
  ];
}

/** Browsers name the type that they want to show; programs take anything. */
function wantsPage({ req }: RequestContext): boolean {
  return (req.header('Accept') ?? '').toLowerCase().includes('text/html');
}

function absent({ req }: RequestContext): OllamaError {
  return new OllamaError('not-found', `no such path: ${req.path}`);
}

async function fileReply(
  { req }: RequestContext,
  files: PageFiles,
  name: string,
  caching: string,
): Promise<Response> {
  const encoding = chooseEncoding(req.header('Accept-Encoding'));
  const { bytes, etag } = await files.read(name, encoding);
  const headers = {
    ...documentHeaders,
    'Cache-Control': caching,
    ETag: etag,
    Vary: 'Accept, Accept-Encoding',
  };
  const known = (req.header('If-None-Match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(req.method === 'HEAD' ? null : new Uint8Array(bytes), {
    headers: {
      ...headers,
      'Content-Type': types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      'Content-Length': String(bytes.length),
      ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
    },
  });
}
