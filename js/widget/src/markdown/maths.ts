/** The bundle `maths.js`: TeX to MathML. */
import temml from "temml";

// Formulas are model text: sizes and expansions have ends, and nothing is trusted to link,
// load or style.
const LIMITS = { trust: false, maxSize: [20, 20] as [number, number], maxExpand: 300 };
const MAX_CHARACTERS = 10_000;

export function toMathml(tex: string, display: boolean): string {
  if (tex.length > MAX_CHARACTERS) throw new Error("the formula is too long to draw");
  return temml.renderToString(tex, {
    ...LIMITS,
    displayMode: display,
    throwOnError: true,
    annotate: false,
    macros: {}, // definitions do not outlive their formula
  });
}
