import { attributeOf, onlyChildNamed, valueText } from '../xml/index.ts';
import { element, type XmlElement } from './canonical.ts';
import { SAML } from './names.ts';

/** A name of a person between two sides (SAML Core 2.2.3). */
export type NameId = {
  readonly value: string;
  readonly format?: string;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
};

/** The only plain NameID below an element; undefined when there is none, several, or an empty one. */
export function readNameId(parent: Element): NameId | undefined {
  const found = onlyChildNamed(parent, SAML, 'NameID');
  return found && nameIdIn(found);
}

/** What a NameID says; undefined when it is empty. */
export function nameIdIn(element: Element): NameId | undefined {
  const value = valueText(element);
  if (!value) return undefined;
  const [format, nameQualifier, spNameQualifier] = ['Format', 'NameQualifier', 'SPNameQualifier'].map(
    (name) => attributeOf(element, name),
  );
  return {
    value,
    ...(format !== undefined && { format }),
    ...(nameQualifier !== undefined && { nameQualifier }),
    ...(spNameQualifier !== undefined && { spNameQualifier }),
  };
}

export function writeNameId({ value, format, nameQualifier, spNameQualifier }: NameId): XmlElement {
  const attributes = { Format: format, NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier };
  return element('saml:NameID', attributes, value);
}
