// Writes the commands into docs/cli.md. A test demands that they are up to date.
import { writeParts } from './document-parts.mjs';

const { commandReference, promptReference } = await import('../dist/cli/command-reference.js');
writeParts('cli.md', { commands: await commandReference(), prompt: promptReference() });
