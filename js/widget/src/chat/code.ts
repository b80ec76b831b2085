/** Return the text of all fenced code blocks of a Markdown text, an empty line between them. */
export function codeOf(markdown: string): string {
  const blocks: string[] = [];
  let fence = "";
  let indent = 0;
  let lines: string[] = [];
  for (const line of markdown.split("\n")) {
    const match = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line);
    const [, before = "", marks = "", info = ""] = match ?? [];
    if (fence === "") {
      // A backtick in the info string means that this is no fence.
      if (marks !== "" && !(marks.startsWith("`") && info.includes("`"))) {
        fence = marks;
        indent = before.length;
        lines = [];
      }
      continue;
    }
    if (marks.startsWith(fence) && info.trim() === "") {
      blocks.push(lines.join("\n"));
      fence = "";
    } else {
      lines.push(line.replace(new RegExp(`^ {0,${indent}}`), ""));
    }
  }
  if (fence !== "") blocks.push(lines.join("\n"));
  return blocks.filter((block) => block.trim() !== "").join("\n\n");
}
