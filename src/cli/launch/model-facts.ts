import type { ShowResponse } from '../../api/show.ts';
import type { TagsModel } from '../../api/tags.ts';
import type { LaunchModel } from './integration.ts';

/** What the server says about one model. */
export function factsFromShow(name: string, show: ShowResponse): LaunchModel {
  const { capabilities = [], details, model_info, parameters = '' } = show;
  const trained = Object.entries(model_info).find(([key]) => key.endsWith('.context_length'))?.[1];
  const fixed = Number(/^num_ctx\s+(\d+)/m.exec(parameters)?.[1] ?? Number.NaN);
  const lengths = [trained, fixed].filter(
    (length): length is number => typeof length === 'number' && length > 0,
  );
  return describe(name, capabilities, details.family, lengths.length > 0 ? Math.min(...lengths) : undefined);
}

/** What a list of models says about one of them. */
export function factsFromList({ name, capabilities = [], details }: TagsModel): LaunchModel {
  return describe(name, capabilities, details.family, details.context_length);
}

function describe(
  name: string,
  capabilities: readonly string[],
  family: string,
  contextLength: number | undefined,
): LaunchModel {
  return {
    name,
    hasTools: capabilities.includes('tools'),
    hasVision: capabilities.includes('vision'),
    hasThinking: capabilities.includes('thinking'),
    family,
    ...(contextLength !== undefined && contextLength > 0 && { contextLength }),
  };
}

/** Whether two names mean the same model: the tag "latest" may be left out. */
export function isSameModel(left: string, right: string): boolean {
  const full = (name: string) =>
    name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
  return full(left).toLowerCase() === full(right).toLowerCase();
}
