const MAX_ATTRIBUTE = 255;

/** Why the store would not take the text for an attribute of this type; undefined when it would. Empty always fits. */
export function refuseAttributeText(text: string, type: string | undefined): string | undefined {
  if (text === '') return undefined;
  if (type === 'number' && !Number.isFinite(Number(text))) return 'the attribute is a number in the store';
  if (type === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    return 'the attribute is a date in the store, such as 2026-03-31';
  }
  return text.length > MAX_ATTRIBUTE
    ? `longer than the ${MAX_ATTRIBUTE} characters that the store keeps`
    : undefined;
}
