/** Light or dark: read from what the page really looks like, whoever drew it. */

/** Return the relative lightness (0 to 1) of a computed CSS colour, or null if it is see-through. */
export function lightness(color: string): number | null {
  const numbers = color.match(/[\d.]+(?:e-?\d+)?%?/g);
  if (numbers === null || numbers.length < 3) return null;
  const alpha = numbers[3] === undefined ? 1 : Number.parseFloat(numbers[3]);
  if (alpha < 0.5) return null;
  // `color(srgb r g b)` counts to 1, `rgb(r, g, b)` to 255.
  const scale = color.startsWith("rgb") ? 255 : 1;
  const [red, green, blue] = numbers.slice(0, 3).map((text) => Number.parseFloat(text) / scale);
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

/** Return "dark" or "light" as the ground that `el` stands on is. */
export function themeOf(el: Element): "light" | "dark" {
  const declared = document.body.dataset.jpThemeLight;
  if (declared !== undefined) return declared === "false" ? "dark" : "light";
  for (let node = el.parentElement; node !== null; node = node.parentElement) {
    const value = lightness(getComputedStyle(node).backgroundColor);
    if (value !== null) return value < 0.5 ? "dark" : "light";
  }
  return prefersDark()?.matches ? "dark" : "light";
}

function prefersDark(): MediaQueryList | undefined {
  return window.matchMedia?.("(prefers-color-scheme: dark)");
}

/** Keep `data-theme` of `el` as the page is; returns the end of it. */
export function followTheme(el: HTMLElement): () => void {
  const update = () => {
    const theme = themeOf(el);
    if (el.dataset.theme !== theme) el.dataset.theme = theme;
  };
  update();
  // A view may be filled before it is put into the page.
  const first = requestAnimationFrame(update);
  const observer = new MutationObserver(update);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, {
      attributeFilter: ["class", "style", "theme", "data-jp-theme-light", "data-jp-theme-name"],
    });
  }
  const media = prefersDark();
  media?.addEventListener("change", update);
  return () => {
    cancelAnimationFrame(first);
    observer.disconnect();
    media?.removeEventListener("change", update);
  };
}
