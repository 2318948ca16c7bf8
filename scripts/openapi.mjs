// Writes docs/openapi.yaml from the schemas of the built server. A test demands that it is up to date.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const { openApiDocument } = await import('../dist/server/openapi/document.js');
const { programVersion } = await import('../dist/base/version.js');
const path = fileURLToPath(new URL('../docs/openapi.yaml', import.meta.url));
writeFileSync(path, stringify(openApiDocument(programVersion()), { aliasDuplicateObjects: false }));
