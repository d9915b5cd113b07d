import { migrations as accessLog } from '../access-log/index.ts';
import { migrations as admin } from '../admin/index.ts';
import { migrations as directory } from '../directory/index.ts';
import { migrations as federation } from '../federation/index.ts';
import { migrations as issuing } from '../issuing/index.ts';
import { migrations as logout } from '../logout/index.ts';
import type { Migrations } from '../platform/database/index.ts';
import { migrations as jobs } from '../platform/jobs/index.ts';
import { migrations as keys } from '../platform/keys/index.ts';
import { migrations as provisioning } from '../provisioning/index.ts';
import { migrations as relyingParties } from '../relying-parties/index.ts';
import { migrations as session } from '../session/index.ts';

/** The tables of every room; names begin with the room's, so they never meet. */
export const migrations: Migrations = {
  ...accessLog,
  ...admin,
  ...directory,
  ...federation,
  ...issuing,
  ...jobs,
  ...keys,
  ...logout,
  ...provisioning,
  ...relyingParties,
  ...session,
};
