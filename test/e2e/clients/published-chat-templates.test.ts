/** Chat templates of published models, with conversations as agents have them: prompts as Python's jinja2 writes them. */
import { expect, it } from 'vitest';
import { conversationCases } from '../../conformance/jinja/cases/conversations.ts';
import { compareWithPython } from '../../conformance/jinja/compare.ts';
import { publishedTemplates } from '../../fakes/chats/published-templates.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { hasPython, INSTALL_TIMEOUT_MS } from '../../fakes/python-environment.ts';

it('published chat templates render as in Python', { timeout: 2 * INSTALL_TIMEOUT_MS }, async (context) => {
  if (!(await hasPython())) skipWithout('python3 with venv', context);
  const templates = await publishedTemplates();
  expect(templates.size).toBe(71);
  const { same, rendered, differences, allowed } = await compareWithPython(conversationCases(templates));
  expect(differences.slice(0, 10)).toEqual([]);
  expect(differences).toHaveLength(0);
  expect(same).toBeGreaterThan(9000);
  expect(rendered).toBeGreaterThan(7000);
  // Kimi K2's templates append to a list.
  expect(allowed).toBeLessThan(150);
});
