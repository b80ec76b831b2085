/**
 * The last gate before model text becomes part of the page.
 *
 * What arrives here was built from Markdown tokens with every raw tag already made literal, so
 * this list is short: plain structure, no attribute that loads, runs, names or styles anything.
 */
import DOMPurify from "dompurify";

const MARKDOWN_TAGS = [
  ..."p br hr blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td".split(" "),
  ..."em strong del code span a b i s u sub sup small mark kbd samp var q ins".split(" "),
];
// `data-slot` is a number that refers to what the renderer builds itself (see render.ts).
const MARKDOWN_ATTRIBUTES = ["href", "title", "start", "align", "data-slot"];

const MATHML_TAGS = [
  ..."math mrow mi mn mo ms mtext mspace msup msub msubsup mover munder munderover".split(" "),
  ..."mfrac msqrt mroot mtable mtr mtd mstyle mpadded mphantom menclose merror".split(" "),
  ..."mmultiscripts mprescripts none semantics".split(" "),
];
const MATHML_ATTRIBUTES = [
  ..."display displaystyle scriptlevel mathvariant mathcolor mathbackground mathsize".split(" "),
  ..."accent accentunder align columnalign columnlines columnspacing rowalign rowlines".split(" "),
  ..."rowspacing columnspan rowspan width height depth lspace rspace voffset".split(" "),
  ..."fence form largeop movablelimits separator stretchy symmetric minsize maxsize".split(" "),
  ..."linethickness notation class style".split(" "),
];
const MATHML_CLASS = /^(?:tml-[\w-]+|[a-z]+-pad|menclose|accent|vphantom|smashed?)$/;

// The renderer of formulas colours and spaces in styles: these few, and no other value of them.
const SIZE = String.raw`\d{1,2}(?:\.\d{1,5})?(?:em|ex|pt|px)?`;
const COLOUR = "#[0-9a-f]{3,8}|[a-z]{3,24}";
const MATHML_STYLE = new RegExp(
  `^(?:(?:background-)?color:(?:${COLOUR})|padding(?:-(?:left|right))?:${SIZE}` +
    `|border(?:-(?:top|bottom))?:${SIZE} (?:solid|dashed)(?: (?:${COLOUR}))?)$`,
  "i",
);

/** URLs that a link may lead to: absolute ones of these schemes. */
const LINK = /^(?:https?:\/\/|mailto:)/i;

const purifier = DOMPurify();

purifier.addHook("uponSanitizeAttribute", (node, data) => {
  if (data.attrName !== "class" && data.attrName !== "style") return;
  // Both come from the renderer of formulas alone; those of the page would lend its looks.
  const isMathml = node.namespaceURI === "http://www.w3.org/1998/Math/MathML";
  const isClass = data.attrName === "class";
  const parts = data.attrValue.split(isClass ? /\s+/ : ";").map((part) => part.trim());
  const kept = parts.filter((part) => (isClass ? MATHML_CLASS : MATHML_STYLE).test(part));
  data.attrValue = kept.join(isClass ? " " : ";");
  data.keepAttr = isMathml && kept.length > 0;
});

const COMMON = {
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  ALLOW_UNKNOWN_PROTOCOLS: false,
  ALLOWED_URI_REGEXP: LINK,
  RETURN_DOM_FRAGMENT: true,
  SANITIZE_NAMED_PROPS: true,
} as const;

/** Parse HTML built from Markdown tokens and keep what is harmless. */
export function sanitizeMarkdown(html: string): DocumentFragment {
  return purifier.sanitize(html, {
    ...COMMON,
    ALLOWED_TAGS: MARKDOWN_TAGS,
    ALLOWED_ATTR: MARKDOWN_ATTRIBUTES,
    // These numbers and words are no URLs, which the expression above is about.
    ADD_URI_SAFE_ATTR: ["start", "align", "data-slot", "title"],
  });
}

/** Parse MathML and keep what is harmless: no links, no styles, no way back to HTML. */
export function sanitizeMathml(mathml: string): DocumentFragment {
  return purifier.sanitize(mathml, {
    ...COMMON,
    NAMESPACE: "http://www.w3.org/1999/xhtml",
    ALLOWED_TAGS: MATHML_TAGS,
    ALLOWED_ATTR: MATHML_ATTRIBUTES,
    ADD_URI_SAFE_ATTR: MATHML_ATTRIBUTES,
  });
}

/** Return a URL that a link may lead to, or null. */
export function safeLink(url: string): string | null {
  // Browsers drop tabs and line breaks inside a URL: so does this before it looks.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  const compact = url.replace(/[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+/g, (run) =>
    /^ +$/.test(run) ? "%20" : "",
  );
  return LINK.test(compact) ? compact : null;
}

/** Return a URL that a picture may be fetched from once the reader asks, or null. */
export function safeImage(url: string): string | null {
  const trimmed = url.trim();
  if (/^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i.test(trimmed)) return trimmed;
  const link = safeLink(trimmed);
  return link !== null && /^https?:/i.test(link) ? link : null;
}
