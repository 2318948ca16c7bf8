import type { ShowRequest, ShowResponse } from '../../api/show.ts';
import { renderModelTables } from '../output/model-tables.ts';
import type { ShowSection } from './effect.ts';
import type { Session } from './session.ts';

/** Column of the values, the same as in the server's parameter lines. */
const NAME_WIDTH = 30;

type SectionText = (show: ShowResponse, session: Session) => string;

const sectionTexts: Readonly<Record<ShowSection, SectionText>> = {
  info: (show) => renderModelTables(show),
  license: ({ license }) => textOr(license, 'No license was specified for this model.'),
  modelfile: ({ modelfile = '' }) => `${modelfile}\n`,
  parameters: parametersText,
  system: ({ system }, session) => {
    const text = session.system || system;
    return text ? `${text}\n\n` : 'No system message was specified for this model.\n';
  },
  template: ({ template }) => textOr(template, 'No prompt template was specified for this model.'),
};

/** The text that `/show` prints. */
export function showText(section: ShowSection, show: ShowResponse, session: Session): string {
  return sectionTexts[section](show, session);
}

/**
 * The request for `/show`. The session's settings replace the model's, except for parameters, which are shown separately.
 */
export function showRequest(section: ShowSection, { model, system, options }: Session): ShowRequest {
  if (section === 'parameters') return { model };
  return { model, options, ...(system && { system }) };
}

function textOr(text: string | undefined, otherwise: string): string {
  return `${text || otherwise}\n`;
}

function parametersText({ parameters }: ShowResponse, { options }: Session): string {
  const own = parameters?.trimEnd() || 'No additional parameters were specified for this model.';
  const lines = ['Model defined parameters:', ...own.split('\n').map((line) => `  ${line}`), ''];
  const users = Object.entries(options).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((item) => `  ${name.padEnd(NAME_WIDTH)} ${Array.isArray(item) ? JSON.stringify(item) : item}`),
  );
  if (users.length > 0) lines.push('User defined parameters:', ...users, '');
  return `${lines.join('\n')}\n`;
}
