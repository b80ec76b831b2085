/**
 * JupyterLab styles elements from above (`.jp-ThemedContainer button`), which beats a single
 * class. So each rule of ours is put below `:root`, which counts as one class more and changes
 * nothing else.
 */
import { readFile } from "node:fs/promises";

/** Return a style sheet whose rules are nested in `:root`, but for the keyframes. */
export function stronger(css) {
  const keyframes = [];
  let rules = "";
  let from = 0;
  for (const match of css.matchAll(/@keyframes\s/g)) {
    let end = css.indexOf("{", match.index) + 1;
    for (let depth = 1; depth > 0; end += 1) {
      if (css[end] === "{") depth += 1;
      else if (css[end] === "}") depth -= 1;
    }
    rules += css.slice(from, match.index);
    keyframes.push(css.slice(match.index, end));
    from = end;
  }
  return `:root{${rules}${css.slice(from)}}${keyframes.join("")}`;
}

/** The same as a plugin of esbuild. */
export const strongerStyles = {
  name: "stronger-styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      contents: stronger(await readFile(path, "utf8")),
      loader: "css",
    }));
  },
};
