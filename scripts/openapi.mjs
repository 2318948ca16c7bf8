// Writes docs/openapi.yaml from the schemas of the built server, and the generated parts of docs/api-reference.md and
// docs/modelfile.md. Tests check that they are up to date.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { writeParts } from './document-parts.mjs';

const { openApiDocument } = await import('../dist/server/openapi/document.js');
const { apiReference } = await import('../dist/server/openapi/api-reference.js');
const { optionsTable } = await import('../dist/api/options/option-documents.js');
const { programVersion } = await import('../dist/base/version.js');
const path = fileURLToPath(new URL('../docs/openapi.yaml', import.meta.url));
const document = openApiDocument(programVersion());
writeFileSync(path, stringify(document, { aliasDuplicateObjects: false, blockQuote: false }));
writeParts('api-reference.md', apiReference(document));
writeParts('modelfile.md', { parameters: optionsTable() });
