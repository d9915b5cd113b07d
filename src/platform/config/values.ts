import { z } from 'zod';
import { parseDuration, Secret } from '../../base/index.ts';

/**
 * A secret text. Arrives wrapped in `Secret`, so that printing the configuration cannot leak it; in the file it
 * may be given as `name` or, better, as `nameFile`.
 */
export function secret(): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> {
  return z
    .string()
    .min(1)
    .meta({ secret: true, fromFile: true })
    .transform((value) => new Secret(value));
}

/** A text that may also be given as `nameFile`, such as metadata or a certificate. */
export function fromFile(): z.ZodString {
  return z.string().min(1).meta({ fromFile: true });
}

/** `30s`, `15m`, `8h`, `7d` in the file; milliseconds inside. */
export function duration(
  limits: { min?: number; max?: number } = {},
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z
    .string()
    .meta({ pattern: '^[0-9]+(ms|s|m|h|d)$' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === undefined) context.addIssue('not a duration; write it like 30s, 15m, 8h or 7d');
      else if (limits.min !== undefined && ms < limits.min)
        context.addIssue(`too short; at least ${limits.min} ms`);
      else if (limits.max !== undefined && ms > limits.max)
        context.addIssue(`too long; at most ${limits.max} ms`);
      return ms ?? 0;
    });
}

/** Absolute http or https URL. Whether plain http is allowed is decided where `allowInsecureLoopback` is known. */
export function url(): z.ZodPipe<z.ZodString, z.ZodTransform<URL, string>> {
  return z
    .string()
    .meta({ format: 'uri' })
    .transform((text, context) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      if (!parsed || !/^https?:$/.test(parsed.protocol)) {
        context.addIssue('not a URL; write it with https:// and a host name');
        return z.NEVER;
      }
      if (parsed.username || parsed.password || parsed.hash) {
        context.addIssue('remove user, password and fragment from the URL');
      }
      return parsed;
    });
}

/** Id of a configured object: appears in URLs, events and tables, so it never changes once used. */
export function identifier(): z.ZodString {
  return z
    .string()
    .regex(
      /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
      'use lower-case letters, digits and hyphens, at most 64',
    );
}
