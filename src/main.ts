export { main } from './cli/index.ts';
