// Writes the table in docs/metrics.md, and packaging/grafana.json. A test checks that both are up to date.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeParts } from './document-parts.mjs';

const { metricsTable } = await import('../dist/metrics/documents/metric-documents.js');
const { dashboard } = await import('../dist/metrics/documents/dashboard.js');
const path = fileURLToPath(new URL('../packaging/grafana.json', import.meta.url));
writeFileSync(path, `${JSON.stringify(dashboard(), null, 2)}\n`);
writeParts('metrics.md', { metrics: metricsTable() });
