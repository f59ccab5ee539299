import type { Paint } from '../../../src/report/paint.js';

const NAMES = ['red', 'green', 'yellow', 'cyan', 'bold', 'dim'] as const;

/** No colour at all, as off a terminal. */
export const PLAIN: Paint = paintWith((text) => text);
/** Colours that can be read: `<red>text</red>`. */
export const VISIBLE: Paint = paintWith((text, name) => `<${name}>${text}</${name}>`);

function paintWith(paint: (text: string, name: string) => string): Paint {
  const of =
    (name: (typeof NAMES)[number]) =>
    (text: string): string =>
      paint(text, name);
  return {
    red: of('red'),
    green: of('green'),
    yellow: of('yellow'),
    cyan: of('cyan'),
    bold: of('bold'),
    dim: of('dim'),
  };
}

/** Text without the marks of VISIBLE. */
export const unpainted = (text: string): string =>
  text.replaceAll(new RegExp(`</?(?:${NAMES.join('|')})>`, 'g'), '');
