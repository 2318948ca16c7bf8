/** Chat templates as vendors publish them: no text of a conversation is lost in any, and docs/templates.md knows each. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelCardTemplates } from '../../fakes/chats/model-card-templates.ts';
import {
  canFetchTemplates,
  FETCH_TIMEOUT_MS,
  publishedTemplates,
} from '../../fakes/chats/published-templates.ts';
import { type TemplateReport, tableRow, templateReport } from '../support/template-report.ts';

/** Fewer would mean that the package was not read as a whole. */
const LEAST_TEMPLATES = 70;

const canFetch = await canFetchTemplates();
let reports: ReadonlyMap<string, TemplateReport>;

beforeAll(async () => {
  const published = canFetch ? await publishedTemplates() : [];
  const texts = [...published, ...Object.entries(modelCardTemplates)];
  reports = new Map(texts.map(([name, text]) => [name, templateReport(text)]));
}, FETCH_TIMEOUT_MS);

describe.skipIf(!canFetch)('published chat templates', () => {
  it('are there', () => {
    expect(reports.size).toBeGreaterThanOrEqual(LEAST_TEMPLATES + Object.keys(modelCardTemplates).length);
  });

  it('can all be used', () => {
    const failures = [...reports].flatMap(([name, { facts }]) =>
      facts.failure ? [[name, facts.failure]] : [],
    );
    expect(failures).toEqual([]);
  });

  it('write every text of a conversation with a call, in order', () => {
    const lost = [...reports].filter(([, report]) => report.lost.length > 0);
    expect(lost.map(([name, report]) => [name, report.lost])).toEqual([]);
  });

  it('never write the name of a type of JavaScript in place of a value', () => {
    const spoilt = [...reports].filter(([, { prompt }]) => /\[object |undefined/.test(prompt));
    expect(spoilt.map(([name]) => name)).toEqual([]);
  });

  it('are described in docs/templates.md', async () => {
    const page = await readFile(new URL('../../../docs/templates.md', import.meta.url), 'utf8');
    const rows = [...reports].map(([name, report]) => tableRow(name, report));
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});
