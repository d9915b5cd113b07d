import { z } from 'zod';
import type { AccountImage } from '../../connector/account-image.ts';
import { asObject } from './json.ts';

/** Our corner of a user's free-form metadata; what others keep beside it stays. */
const CORNER = 'vestibule';

const Marks = z.object({
  person: z.string().optional().catch(undefined),
  marker: z.string().optional().catch(undefined),
  external: z.boolean().optional().catch(undefined),
  until: z.string().optional().catch(undefined),
});
export type Marks = z.infer<typeof Marks>;

export function marksOf(metadata: unknown): Marks {
  return Marks.parse(asObject(asObject(metadata)[CORNER]));
}

/** As fields of an image; an empty field says that there is no such mark. */
export function marksImage({ person, external, until }: Marks): AccountImage {
  return { person: person ?? '', external: external === true ? 'yes' : '', until: until ?? '' };
}

/** The metadata with these marks in it. */
export function withMarks(
  metadata: unknown,
  wanted: AccountImage,
  marker: string | undefined,
): Readonly<Record<string, unknown>> {
  const before = asObject(metadata);
  const marks = { ...marksOf(metadata), ...fromImage(wanted), ...(marker !== undefined && { marker }) };
  const kept = Object.entries(marks).filter(
    ([, value]) => value !== undefined && value !== '' && value !== false,
  );
  return { ...before, [CORNER]: Object.fromEntries(kept) };
}

function fromImage(image: AccountImage): Readonly<Record<string, unknown>> {
  return {
    ...('person' in image && { person: image['person'] }),
    ...('external' in image && { external: image['external'] === 'yes' }),
    ...('until' in image && { until: image['until'] }),
  };
}
