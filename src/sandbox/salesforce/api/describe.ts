import type { Answer, Call } from './call.ts';
import type { Field } from './fields.ts';
import { KEY_PREFIXES } from './ids.ts';
import type { ObjectType } from './object-type.ts';
import { findObject, OBJECTS } from './objects/table.ts';

/** `GET /sobjects` */
export function listObjects(call: Call): Answer {
  const types = OBJECTS.filter(({ name }) => findObject(call.org, name));
  const sobjects = types.map((type) => summary(call, type));
  return { status: 200, body: { encoding: 'UTF-8', maxBatchSize: 200, sobjects } };
}

/** `GET /sobjects/User` */
export function basicInformation(call: Call, type: ObjectType): Answer {
  return { status: 200, body: { objectDescribe: summary(call, type), recentItems: [] } };
}

/** `GET /sobjects/User/describe` */
export function describe(call: Call, type: ObjectType): Answer {
  const fields = [...type.fields.values()].map(describeField);
  return { status: 200, body: { ...summary(call, type), fields, childRelationships: [] } };
}

function summary({ version }: Call, type: ObjectType): object {
  const base = `/services/data/${version}/sobjects/${type.name}`;
  return {
    ...{ name: type.name, label: type.label, keyPrefix: KEY_PREFIXES[type.name], custom: false },
    ...{ createable: type.createable, updateable: type.updateable, deletable: type.deletable },
    ...{ queryable: true, retrieveable: true, undeletable: false },
    urls: { sobject: base, describe: `${base}/describe`, rowTemplate: `${base}/{ID}` },
  };
}

function describeField(field: Field): object {
  const { name, type, length, createable, updateable, nillable, defaultedOnCreate } = field;
  const isUnique = name === 'Username' || name === 'FederationIdentifier' || name === 'CommunityNickname';
  return {
    ...{ name, label: name, type, length, createable, updateable, nillable, defaultedOnCreate },
    ...{ filterable: field.filterable, idLookup: field.idLookup, unique: isUnique, caseSensitive: false },
    ...{ externalId: false, custom: name.endsWith('__c'), restrictedPicklist: field.values !== undefined },
    picklistValues: (field.values ?? []).map((value) => ({
      ...{ value, label: value, active: true, defaultValue: false, validFor: null },
    })),
    ...{ referenceTo: field.referenceTo, relationshipName: field.relationshipName },
  };
}
