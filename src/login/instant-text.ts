const FORMAT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'full',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** An instant for a page: for machines, and in words. UTC, and says so. */
export function describeInstant(instant: Date): { iso: string; text: string } {
  return { iso: instant.toISOString(), text: `${FORMAT.format(instant)} UTC` };
}
