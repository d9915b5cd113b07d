import { openAccessManager } from './access-manager/index.ts';
import { openBigCommerce } from './bigcommerce/index.ts';
import type { OpenSystem } from './frame/system.ts';
import { openIconik } from './iconik/index.ts';
import { openOtds } from './otds/index.ts';
import { openSalesforce } from './salesforce/index.ts';
import { openWiki } from './wiki/index.ts';

/** All simulators by the name that the control API uses. A new one is a folder and a line here. */
export const systems: Readonly<Record<string, OpenSystem>> = {
  otds: openOtds,
  bigcommerce: openBigCommerce,
  'access-manager': openAccessManager,
  iconik: openIconik,
  salesforce: openSalesforce,
  wiki: openWiki,
};
