/**
 * The place of a request in a trace that began in another program, as its headers tell
 * (W3C Trace Context, https://www.w3.org/TR/trace-context/).
 */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** The caller's span, 16 lower-case hexadecimal digits; absent = the trace begins here. */
  readonly parentId?: string;
  /** Whether the caller records the trace. */
  readonly isSampled?: boolean;
  /** What tracing systems note for each other, as it came. */
  readonly state?: string;
}

const traceParent =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>-.*)?$/;
/** The one version that is defined. A later one may append fields. */
const KNOWN_VERSION = '00';
const FORBIDDEN_VERSION = 'ff';
const onlyZeros = /^0+$/;
const SAMPLED = 1;

/** What every tracing system must be able to pass on; a longer state is not. */
const MAX_STATE_CHARACTERS = 512;
const MAX_STATE_MEMBERS = 32;
const stateMember =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads the two headers. One that is not as the specification demands is ignored, as it asks for: the state alone, or
 * everything if the parent is at fault.
 * @param parent the header `traceparent`
 * @param state the header `tracestate`
 */
export function parseTraceContext(
  parent: string | undefined,
  state: string | undefined,
): TraceContext | undefined {
  const {
    version = '',
    traceId = '',
    parentId = '',
    flags = '',
    rest,
  } = traceParent.exec(parent ?? '')?.groups ?? {};
  if (version === '' || version === FORBIDDEN_VERSION) return undefined;
  if (version === KNOWN_VERSION && rest !== undefined) return undefined;
  if (onlyZeros.test(traceId) || onlyZeros.test(parentId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
  return { traceId, parentId, isSampled, ...(isState(state) && { state }) };
}

function isState(text: string | undefined): text is string {
  if (!text || text.length > MAX_STATE_CHARACTERS) return false;
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const named = members.filter((member) => member !== '');
  if (named.length === 0 || named.length > MAX_STATE_MEMBERS) return false;
  const keys = named.map((member) => member.slice(0, member.indexOf('=')));
  return named.every((member) => stateMember.test(member)) && new Set(keys).size === keys.length;
}
