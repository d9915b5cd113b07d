const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * An xs:dateTime. SAML Core 1.3.3 wants UTC; an offset is read too, a time without zone is not.
 *
 * @returns an invalid Date for anything else: every comparison with it is false, so that checks fail closed.
 */
export function parseInstant(text: string): Date {
  return DATE_TIME.test(text) ? new Date(text) : new Date(Number.NaN);
}

/** As SAML writes instants: UTC, whole seconds. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}
