/**
 * Characters that a terminal or an editor acts on instead of showing them: controls (C0 but tab and
 * newline, DEL, C1), what reorders a line (bidi), breaks it (U+2028, U+2029) or has no width, so
 * that one text looks like another; half characters.
 */
const unseen =
  /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2065\u3164\uffa0\u{e0000}-\u{e0fff}]/gu;

/**
 * What only colours a text, moves the cursor or clears the screen: it is left out. It holds no
 * words of anybody.
 */
const steering = /\u001b\[[0-9;:?]*[A-Za-z]/g;

/**
 * Sequences that carry a text of their own, such as a window's title or the clipboard's new
 * content, and all shorter ones.
 */
const sequences =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]+[0-~]|[0-~])/g;

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i);
    return unit < 0x7f
      ? `\\x${unit.toString(16).padStart(2, '0')}`
      : `\\u${unit.toString(16).padStart(4, '0')}`;
  }).join('');

/**
 * Text of several lines as a terminal may have it, whoever wrote it: what it would act on is left
 * out or written as \x1b.
 */
export const printableText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(steering, '').replace(unseen, escaped);

/** The same on one line: a name that holds a line end does not begin a second row. */
export const printableLine = (text: string): string => printableText(text).replace(/[\t\n]/g, escaped);

/**
 * A line of a program's log, as it stood on its terminal at last: sequences and controls are left
 * out, and of a line that was drawn over only the last drawing stays.
 */
export function printableLogLine(line: string): string {
  const drawn = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return printableText(
    drawn.replace(sequences, '').replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, ''),
  );
}

/** JSON in which each character that a terminal acts on is an escape: it means the same. */
export const printableJson = (document: unknown): string => escapedJson(JSON.stringify(document) ?? 'null');

/** The same of text that is JSON, on one line each: there such characters stand in texts only. */
export const escapedJson = (json: string): string => json.replace(unseen, escaped);
