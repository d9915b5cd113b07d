/** Values of the restricted picklists of User, as far as this organization has switched them on. */
export const TIME_ZONES = [
  ...['Europe/Berlin', 'Europe/London', 'Europe/Dublin', 'Europe/Paris', 'Europe/Lisbon'],
  ...['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Sao_Paulo'],
  ...['Asia/Tokyo', 'Asia/Kolkata', 'Asia/Dubai', 'Australia/Sydney', 'GMT'],
] as const;
export const LOCALES = ['en_US', 'en_GB', 'en_IE', 'de_DE', 'fr_FR', 'pt_PT', 'ja_JP'] as const;
export const LANGUAGES = ['en_US', 'de', 'fr', 'pt_BR', 'ja'] as const;
export const ENCODINGS = ['UTF-8', 'ISO-8859-1', 'Shift_JIS', 'ISO-2022-JP'] as const;
