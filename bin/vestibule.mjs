#!/usr/bin/env node
import module from 'node:module';

// Node 20 cannot read the sources, so this file says what is needed before anything else is loaded.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  console.error(
    `Vestibule needs Node 24.12 or newer; this is ${process.versions.node}. Start it with "npm run …", which brings its own.`,
  );
  process.exit(1);
}
// Keeps stripped and compiled sources between starts.
module.enableCompileCache?.();
// Whoever reads our output may have seen enough (`… | head`).
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
