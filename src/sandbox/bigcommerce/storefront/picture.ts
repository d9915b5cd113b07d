import { Html } from '../../html.ts';
import type { Product } from './catalogue.ts';

const SHAPES: Readonly<Record<Product['shape'], string>> = {
  blanket: '<rect x="22" y="26" width="76" height="68" rx="8"/><path d="M22 46h76M22 62h76M22 78h76"/>',
  kettle:
    '<path d="M34 92c-8-30 4-46 26-46s34 16 26 46z"/><path d="M84 62l18-12M46 46c0-22 28-22 28 0M54 92h12"/>',
  stool: '<path d="M26 44h68M36 44l-8 52M84 44l8 52M60 44v52M32 74h56"/>',
  lamp: '<path d="M42 24h36l12 32H30z"/><path d="M60 56v36M42 96h36"/>',
  broom: '<path d="M60 18v44"/><path d="M44 62h32l8 36H36zM50 70l-4 28M60 70v28M70 70l4 28"/>',
  bowl: '<path d="M24 54h72c0 28-16 40-36 40S24 82 24 54z"/><path d="M44 42c4-6-4-8 0-14M62 42c4-6-4-8 0-14"/>',
  apron:
    '<path d="M46 24c4 10 24 10 28 0l6 26 10 6v40H30V56l10-6z"/><path d="M44 68h14v14H44zM62 68h14v14H62z"/>',
  clock: '<circle cx="60" cy="60" r="38"/><path d="M60 60V34M60 24v4M60 92v4M24 60h4M92 60h4"/>',
};

/** A line drawing that takes the colour of the text around it. */
export function picture(shape: Product['shape']): Html {
  return new Html(
    `<svg viewBox="0 0 120 120" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${SHAPES[shape]}</svg>`,
  );
}
