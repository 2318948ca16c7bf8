import type { Tool } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { OllamaError } from '../../../base/errors.ts';
import { MAX_TOOL_NAME } from '../../call-names.ts';
import { customFunction } from '../custom-tools.ts';
import { nativeTool } from '../tools.ts';
import { type Item, objectIn, objectsIn, textIn, typeOf } from './item.ts';

/** OpenAI accepts 128. */
export const MAX_TOOLS = 1000;
/** Codex puts the tools that belong to no namespace into this one; models call them by their own names. */
const DEFAULT_NAMESPACE = 'functions';
/** What joins a namespace and a name, as in the names that MCP clients give to the tools of a server. */
const SEPARATOR = '__';
const FUNCTION = 'function';
const SEARCH = 'tool_search';

/** What a client calls a tool. */
export interface ToolIdentity {
  readonly kind: 'function' | 'custom' | 'search';
  readonly name: string;
  readonly namespace?: string;
}

/**
 * The tools that a model is offered, all of them functions with names of their own. Tools that the provider of the model
 * would run, such as `web_search`, are left out and named. A search for more tools is offered if the client runs it.
 */
export class OfferedTools {
  readonly #tools = new Map<string, Tool>();
  readonly #identities = new Map<string, ToolIdentity>();
  /** Offered names, by namespace and name. */
  readonly #offered = new Map<string, string>();
  /** How often each name was wanted that was taken. */
  readonly #wanted = new Map<string, number>();
  readonly #grammars: { readonly place: string; readonly isRegex: boolean }[] = [];
  readonly #ignored: IgnoredParts;

  constructor(ignored: IgnoredParts) {
    this.#ignored = ignored;
  }

  get native(): readonly Tool[] {
    return [...this.#tools.values()];
  }

  /**
   * @param path where the tools stand, such as "tools"
   * @throws OllamaError `invalid-request` for too many tools
   */
  add(tools: readonly Item[], path: string, namespace?: string): void {
    for (const [index, tool] of tools.entries()) {
      const place = `${path}[${index}]`;
      const identity = identityOf(tool, namespace);
      if (identity) this.#offer(tool, identity, place);
      else if (namespace === undefined && tool.type === 'namespace' && isName(tool.name)) {
        this.add(objectsIn(tool, 'tools'), `${place}.tools`, tool.name);
      } else this.#ignored.add(`${place} (${typeOf(tool, FUNCTION)})`);
    }
  }

  /** Who is meant by the name in a model's call. Without a tool of that name, the client gets the name as it is. */
  identify(offered: string): ToolIdentity {
    return this.#identities.get(offered) ?? { kind: 'function', name: offered };
  }

  /** The offered name of a tool that a client names; undefined if it is not offered. */
  offeredName(name: string, namespace: string | undefined): string | undefined {
    return this.#offered.get(keyOf(name, namespace));
  }

  /** The name of a tool in the history, which need not be offered any more. */
  nameInHistory(name: string, namespace: string | undefined): string {
    return this.offeredName(name, namespace) ?? joined(name, namespace);
  }

  /** The names under which a model can call these tools. */
  namesOf(tools: readonly Item[]): string[] {
    return tools.flatMap((tool) => {
      const members = tool.type === 'namespace' ? objectsIn(tool, 'tools') : [tool];
      const namespace = tool.type === 'namespace' ? textIn(tool, 'name') : undefined;
      if (namespace !== undefined && !isName(namespace)) return [];
      return members.flatMap((member) => this.offeredName(textIn(member, 'name') ?? '', namespace) ?? []);
    });
  }

  /**
   * Names the grammars of inputs that are not enforced: only a call that must be made is written by a grammar, and only
   * a regular expression can be part of it.
   */
  ignoreGrammars(mustCall: boolean): void {
    for (const { place, isRegex } of this.#grammars) {
      if (!isRegex || !mustCall) this.#ignored.add(`${place}.format (grammar)`);
    }
  }

  #offer(tool: Item, identity: ToolIdentity, place: string): void {
    const key = keyOf(identity.name, identity.namespace);
    const name = this.#offered.get(key) ?? this.#unusedName(joined(identity.name, identity.namespace));
    if (this.#tools.size >= MAX_TOOLS && !this.#tools.has(name)) {
      throw new OllamaError('invalid-request', `tools: more than ${MAX_TOOLS}`);
    }
    this.#offered.set(key, name);
    this.#identities.set(name, identity);
    this.#tools.set(
      name,
      identity.kind === 'custom' ? this.#custom(tool, name, place) : functionOf(tool, name),
    );
  }

  #custom(tool: Item, name: string, place: string): Tool {
    const format = objectIn(tool, 'format');
    if (format?.type === 'grammar') this.#grammars.push({ place, isRegex: format.syntax === 'regex' });
    const description = textIn(tool, 'description');
    return customFunction({ name, ...(description !== undefined && { description }), format });
  }

  #unusedName(wanted: string): string {
    let name = wanted;
    for (let count = this.#wanted.get(wanted) ?? 1; this.#tools.has(name); ) {
      count++;
      name = `${wanted}_${count}`;
      this.#wanted.set(wanted, count);
    }
    return name;
  }
}

/** @returns undefined for a tool that cannot be offered, and for a namespace */
function identityOf(tool: Item, namespace: string | undefined): ToolIdentity | undefined {
  const type = typeOf(tool, FUNCTION);
  if (type === SEARCH) return tool.execution === 'client' ? { kind: 'search', name: SEARCH } : undefined;
  const name = textIn(tool, 'name');
  if (!isName(name) || (type !== FUNCTION && type !== 'custom')) return undefined;
  return { kind: type, name, ...(namespace !== undefined && { namespace }) };
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_TOOL_NAME;
}

function functionOf(tool: Item, name: string): Tool {
  const description = textIn(tool, 'description');
  const parameters = objectIn(tool, 'parameters');
  return nativeTool({
    name,
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
  });
}

function joined(name: string, namespace: string | undefined): string {
  if (namespace === undefined || namespace === '' || namespace === DEFAULT_NAMESPACE) return name;
  return namespace.endsWith(SEPARATOR) ? namespace + name : namespace + SEPARATOR + name;
}

function keyOf(name: string, namespace = ''): string {
  return JSON.stringify([namespace, name]);
}
