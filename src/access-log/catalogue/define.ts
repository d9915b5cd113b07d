import type { JsonObject, NewAccessEvent, Outcome } from '../event.ts';

type About = Omit<NewAccessEvent, 'type' | 'outcome' | 'code' | 'facts' | 'personal'>;

/** What a helper is given: whom and what the event is about, its facts, and what is personal in it. */
export type EventInput<Facts extends JsonObject, Personal extends JsonObject> = About & {
  readonly facts: Facts;
  readonly personal?: Personal;
};

/** A refusal or a failure always says why. */
export type CodedInput<Facts extends JsonObject, Personal extends JsonObject> = EventInput<
  Facts,
  Personal
> & {
  /** Error or deny code of docs/errors.md. */
  readonly code: string;
};

export type NoPersonal = { readonly [key: string]: never };

type Helper<Input> = ((input: Input) => NewAccessEvent) & { readonly type: string };

/** Something happened as wished. */
export function success<Facts extends JsonObject, Personal extends JsonObject = NoPersonal>(
  type: string,
): Helper<EventInput<Facts, Personal>> {
  return define(type, 'success');
}

/** Somebody was turned away, by a rule that worked. */
export function refused<Facts extends JsonObject, Personal extends JsonObject = NoPersonal>(
  type: string,
): Helper<CodedInput<Facts, Personal>> {
  return define(type, 'refused');
}

/** Something that should have worked did not. */
export function failed<Facts extends JsonObject, Personal extends JsonObject = NoPersonal>(
  type: string,
): Helper<CodedInput<Facts, Personal>> {
  return define(type, 'failed');
}

function define<Input extends object>(
  type: string,
  outcome: Outcome,
): Helper<Input & { readonly thread: string; readonly facts: JsonObject }> {
  return Object.assign(
    (input: Input & { readonly thread: string; readonly facts: JsonObject }): NewAccessEvent => ({
      ...input,
      type,
      outcome,
    }),
    { type },
  );
}
