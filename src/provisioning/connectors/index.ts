import type { AnyConnector } from '../connector/connector.ts';
import { bigcommerceB2b } from './bigcommerce-b2b/index.ts';
import { bigcommerceControlPanel } from './bigcommerce-control-panel/index.ts';
import { bigcommerceStorefront } from './bigcommerce-storefront/index.ts';
import { iconik } from './iconik/index.ts';
import { salesforce } from './salesforce/index.ts';
import { scim } from './scim/index.ts';

/** Every kind of target. A new one is a folder beside this file and one line here. */
const all: readonly AnyConnector[] = [
  bigcommerceB2b,
  bigcommerceControlPanel,
  bigcommerceStorefront,
  iconik,
  salesforce,
  scim,
];

export const connectors: ReadonlyMap<string, AnyConnector> = new Map(
  all.map((connector) => [connector.kind, connector]),
);
