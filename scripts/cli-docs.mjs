// Writes the command reference into docs/cli.md. A test checks that it is up to date.
import { writeParts } from './document-parts.mjs';

const { commandReference, promptReference } = await import('../dist/cli/command-reference.js');
writeParts('cli.md', { commands: await commandReference(), prompt: promptReference() });
