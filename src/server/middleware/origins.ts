import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../../base/errors.ts';
import { dialectError } from '../reply/dialect.ts';
import type { ServerEnvironment } from '../server-parts.ts';

const localHosts = ['localhost', '127.0.0.1', '0.0.0.0'];
/** Origins of local programs and browser extensions, which are always allowed. */
const builtInOrigins = [
  ...localHosts.flatMap((host) => [
    `http://${host}`,
    `https://${host}`,
    `http://${host}:*`,
    `https://${host}:*`,
  ]),
  ...['app', 'file', 'tauri', 'vscode-webview', 'vscode-file'].map((scheme) => `${scheme}://*`),
  ...['chrome', 'safari', 'moz', 'ms-browser'].map((browser) => `${browser}-extension://*`),
];

const ALLOWED_METHODS = 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS';
const stainlessHeaders = [
  'Arch',
  'Async',
  'Custom-Poll-Interval',
  'Helper-Method',
  'Lang',
  'Os',
  'Package-Version',
  'Poll-Helper',
  'Retry-Count',
  'Runtime',
  'Runtime-Version',
  'Timeout',
];
const ALLOWED_HEADERS = [
  ...['Authorization', 'Content-Type', 'User-Agent', 'Accept', 'X-Requested-With', 'Openai-Beta'],
  ...[
    'X-Priority',
    'X-Request-Id',
    'X-Api-Key',
    'Anthropic-Version',
    'Anthropic-Beta',
    'Anthropic-Dangerous-Direct-Browser-Access',
  ],
  ...stainlessHeaders.map((name) => `X-Stainless-${name}`),
].join(',');
const EXPOSED_HEADERS = [
  'X-Ollama-Context',
  'X-Ollama-Ignored',
  'X-Ollama-Prompt-Truncated',
  'X-Ollama-Template',
  'X-Request-Id',
].join(',');
const PREFLIGHT_SECONDS = 12 * 60 * 60;

/**
 * Handles cross-origin requests from browsers. Bodies are read regardless of their Content-Type, so a foreign page could
 * post without a preflight. Therefore every request with a disallowed origin is refused.
 * @param settings read at every request
 */
export function originCheck(settings: {
  readonly origins: readonly string[];
}): MiddlewareHandler<ServerEnvironment> {
  const builtIn = builtInOrigins.map(originPattern);
  let configured = settings.origins;
  let patterns = configured.map(originPattern);
  return async (context, next) => {
    const origin = context.req.header('Origin');
    if (origin === undefined || isSameOrigin(origin, context.req.header('Host'))) return next();
    if (configured !== settings.origins) {
      configured = settings.origins;
      patterns = configured.map(originPattern);
    }
    if (![...patterns, ...builtIn].some((pattern) => pattern.test(origin.toLowerCase()))) {
      const message = `requests from origin ${JSON.stringify(origin)} are not allowed: add it to OLLAMA_ORIGINS and restart the server, or to "origins" in its config file`;
      return dialectError(context, new OllamaError('forbidden', message));
    }
    if (context.req.method === 'OPTIONS') return preflightReply(origin);
    await next();
    context.res.headers.set('Access-Control-Allow-Origin', origin);
    context.res.headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    context.res.headers.append('Vary', 'Origin');
  };
}

/** Compiles an origin in which `*` matches any text. */
function originPattern(text: string): RegExp {
  const literals = text
    .trim()
    .toLowerCase()
    .split('*')
    .map((literal) => literal.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${literals.join('.*')}$`);
}

/** Whether an origin is that of this server, as the client names it. */
export function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && /^https?:\/\//.test(origin) && origin.slice(origin.indexOf('//') + 2) === host;
}

function preflightReply(origin: string): Response {
  const headers = new Headers({
    'Access-Control-Allow-Headers': ALLOWED_HEADERS,
    'Access-Control-Allow-Methods': ALLOWED_METHODS,
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
  });
  for (const name of ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers']) {
    headers.append('Vary', name);
  }
  return new Response(null, { status: 204, headers });
}
