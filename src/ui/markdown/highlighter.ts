/** Colours of code. A chunk of its own: it is loaded with the first block of code. */
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { type ColouredPart, colouredParts } from './coloured-code.ts';

const languages = { bash, cpp, css, go, java, json, python, rust, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
hljs.registerAliases(['javascript', 'js', 'jsx', 'mjs'], { languageName: 'typescript' });
hljs.registerAliases(['c'], { languageName: 'cpp' });

/** The parts of a code with their kinds; undefined if the language is not known. */
export function colour(code: string, language: string): ColouredPart[] | undefined {
  if (!hljs.getLanguage(language)) return undefined;
  return colouredParts(hljs.highlight(code, { language, ignoreIllegals: true }).value);
}
