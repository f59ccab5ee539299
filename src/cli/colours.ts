import kleur from 'kleur';

type Paint = (text: string) => string;

/** Colours for one stream: plain text off a terminal, with NO_COLOR, or on a dumb terminal. */
export function colours(stream: {
  readonly isTTY?: boolean;
}): Readonly<Record<'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim', Paint>> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const wanted =
    FORCE_COLOR !== undefined && !['0', 'false'].includes(FORCE_COLOR)
      ? true
      : stream.isTTY === true && TERM !== 'dumb';
  const enabled = wanted && !NO_COLOR;
  const paint = (name: 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim'): Paint => {
    return (text) => {
      kleur.enabled = enabled;
      return kleur[name](text);
    };
  };
  return {
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    bold: paint('bold'),
    dim: paint('dim'),
  };
}
