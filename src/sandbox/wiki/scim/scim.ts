import type { Clock } from '../../../base/index.ts';
import type { Positions } from '../../frame/switches.ts';
import type { Directory } from './directory.ts';
import type { scimDefinitions } from './switches.ts';

/** What the service provider works with. The directory is replaced by a reset. */
export type Scim = {
  readonly clock: Clock;
  directory(): Directory;
  positions(): Positions<typeof scimDefinitions>;
  /** Address of `/scim/v2`. */
  base(): string;
  /** Writes down what changed, before the answer leaves. */
  save(): void;
};
