/**
 * How an unfinished block is shown: as what it is about to become.
 *
 * Without this a reader sees `**bold` as asterisks until the closing ones arrive, a header row
 * as a line of bars until its rule follows, a link as its source. The last drawing of a text
 * does not pass through here.
 */

// Beyond this a paragraph is shown as it stands until it is complete.
const MAX_CHARACTERS = 8192;
// So many open brackets are no links.
const MAX_LINKS = 8;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Return the source of the last, still growing block as it should be read for now. */
export function settle(raw: string): string {
  if (FENCE.test(raw)) return raw.replace(/\n {0,3}(?:`{1,2}|~{1,2})$/, "\n");
  if (raw.length > MAX_CHARACTERS) return raw;
  const table = unfinishedTable(raw);
  if (table !== null) return table;
  return closeInline(dropUnfinishedLine(raw));
}

/** A header row, alone or with part of its rule, becomes a table at once. */
function unfinishedTable(raw: string): string | null {
  const match = /^( {0,3}\|[^\n]*)(?:\n[ \t|:-]*)?$/.exec(raw);
  const header = match?.[1]?.trimEnd();
  if (header === undefined || header.length < 3) return null;
  const full = header.endsWith("|") && !header.endsWith("\\|") ? header : `${header} |`;
  const columns = (full.match(/(?<!\\)\|/g)?.length ?? 0) - 1;
  return columns < 1 ? null : `${full}\n|${"---|".repeat(columns)}`;
}

/** A last line that is only punctuation may still become a rule, an item or a fence. */
function dropUnfinishedLine(raw: string): string {
  return raw.replace(
    /(^|\n)[ \t]*(?:-{1,2}|=+|`{1,2}|~{1,2}|#{1,6}|\*{1,2}|_{1,2}|\$)[ \t]*$/,
    "$1",
  );
}

/** Close what is open at the end: code, emphasis, links. */
function closeInline(raw: string, numLinks = 0): string {
  const start = lastParagraph(raw);
  const open: string[] = [];
  const links: { index: number; isImage: boolean }[] = [];
  let index = start;
  while (index < raw.length) {
    const rest = raw.slice(index);
    if (rest[0] === "\\") {
      if (/^\\[([]/.test(rest)) {
        const end = rest.indexOf(rest[1] === "(" ? "\\)" : "\\]", 2);
        if (end === -1) return raw.slice(0, index) + closers(open) + rest;
        index += end;
      }
      index += 2;
      continue;
    }
    if (rest[0] === "$") {
      const formula = /^(\$\$?)(?!\s)[^$\n]*\1/.exec(rest);
      if (formula === null && rest.startsWith("$$")) return raw;
      index += formula?.[0].length ?? 1;
      continue;
    }
    if (rest[0] === "`") {
      const run = /^`+/.exec(rest)?.[0] ?? "`";
      const end = endOfCode(rest, run);
      if (end === -1) {
        const isEmpty = rest.slice(run.length).trim() === "";
        const body = isEmpty ? raw.slice(0, index).trimEnd() : raw.replace(/`+$/, "") + run;
        return body + closers(open);
      }
      index += end;
      continue;
    }
    if (rest[0] === "[") {
      links.push({ index, isImage: raw[index - 1] === "!" });
      index += 1;
      continue;
    }
    if (rest[0] === "]" && links.length > 0) {
      const target = /^\](?:\([^)\n]*\)|\[[^\]\n]*\]|(?![([]|$))/.exec(rest);
      if (target === null && /^\](?:\(|\[|$)/.test(rest)) break;
      links.pop();
      index += target?.[0].length ?? 1;
      continue;
    }
    index += mark(raw, index, open);
  }
  const link = links[0];
  if (link !== undefined) {
    if (link.isImage) return raw.slice(0, link.index - 1) + closers(open);
    const text = raw.slice(link.index + 1).replace(/\](?:\([^)\n]*|\[[^\]\n]*)?$/, "");
    // A list item's box is no link.
    if (/^[ xX]?\]?$/.test(text)) return raw;
    if (numLinks === MAX_LINKS) return raw;
    return closeInline(raw.slice(0, link.index) + text, numLinks + 1);
  }
  return raw.replace(/(?<![\\\w)\]}>.,;:!?"'])(?:\*+|_+|~~)$/, "") + closers(open);
}

function endOfCode(rest: string, run: string): number {
  const closing = new RegExp(`(?<!\`)${run}(?!\`)`, "g");
  closing.lastIndex = run.length;
  return closing.exec(rest) === null ? -1 : closing.lastIndex;
}

function closers(open: readonly string[]): string {
  return [...open].reverse().join("");
}

/** Read an emphasis mark at `index`, keeping account of what is open; its length, at least 1. */
function mark(raw: string, index: number, open: string[]): number {
  const run = /^(?:\*{1,2}|_{1,2}|~~)/.exec(raw.slice(index, index + 2))?.[0];
  if (run === undefined) return 1;
  const before = raw[index - 1] ?? " ";
  const after = raw[index + run.length] ?? " ";
  const isWordInside = run[0] === "_" && /\w/.test(before) && /\w/.test(after);
  if (isWordInside) return run.length;
  if (!/\s/.test(before) && open.at(-1) === run) open.pop();
  else if (!/\s/.test(after) && (run[0] !== "_" || !/\w/.test(before))) open.push(run);
  return run.length;
}

/** Where the text that inline marks can span begins. */
function lastParagraph(raw: string): number {
  const blank = raw.search(/\n[ \t]*\n(?![\s\S]*\n[ \t]*\n)/);
  const item = raw.search(
    /\n[ \t>]*(?:[-+*]|\d{1,9}[.)]) (?![\s\S]*\n[ \t>]*(?:[-+*]|\d{1,9}[.)]) )/,
  );
  const row = /^ {0,3}\|/.test(raw) ? raw.lastIndexOf("\n") : -1;
  const start = Math.max(blank, item, row, -1) + 1;
  const bullet = /^[ \t>\n]*(?:[-+*]|\d{1,9}[.)]) /.exec(raw.slice(start));
  return start + (bullet?.[0].length ?? 0);
}
