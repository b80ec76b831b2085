/** Token text with the characters that have no look of their own. */

const MARKS: Record<string, string> = { "\n": "↵", "\r": "␍", "\t": "⇥", " ": "␣" };

/** Text of a token standing alone: every blank has a mark, and no text at all is said so. */
export function marked(text: string): string {
  if (text === "") return "(no text)";
  return text.replace(/^ +| +$|[\n\r\t]/g, (blank) =>
    [...blank].map((character) => MARKS[character] ?? character).join(""),
  );
}

/** The same in words, for who hears it. */
export function spoken(text: string): string {
  if (text === "") return "no text";
  if (/^ +$/.test(text)) return text.length === 1 ? "space" : `${text.length} spaces`;
  const words = text.replaceAll("\n", " line break ").replaceAll("\t", " tab ").trim();
  return words === "" ? "blank" : words;
}
