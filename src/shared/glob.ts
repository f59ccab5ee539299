/**
 * Does a text match a pattern in which `*` stands for any run of characters, dots and none included? Everything else
 * stands for itself. No regular expression: patterns come from users, and several stars would make one slow.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let afterStar = 0;
  while (at < text.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern;
      afterStar = at;
      inPattern += 1;
    } else if (pattern[inPattern] === text[at]) {
      inPattern += 1;
      at += 1;
    } else if (star === -1) {
      return false;
    } else {
      // the last star takes one character more, and what follows it is tried again
      afterStar += 1;
      at = afterStar;
      inPattern = star + 1;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
