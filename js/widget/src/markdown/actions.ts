/** What the buttons and links of rendered Markdown do. */
import type { LiveOptions } from "./types";

/** Have clicks in `root` act; returns the end of it. */
export function listen(root: HTMLElement, options: LiveOptions): () => void {
  const onClick = (event: Event): void => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest("[data-realm-action]");
    if (button instanceof HTMLElement && root.contains(button)) {
      act(button, options);
      return;
    }
    const link = target?.closest("a[href]");
    if (link instanceof HTMLAnchorElement && options.openLink !== undefined) {
      event.preventDefault();
      options.openLink(link.href);
    }
  };
  root.addEventListener("click", onClick);
  return () => root.removeEventListener("click", onClick);
}

function act(button: HTMLElement, options: LiveOptions): void {
  const action = button.dataset.realmAction;
  if (action === "image") {
    button.replaceWith(picture(button));
    return;
  }
  const code = button.closest(".realm-md-code")?.querySelector("code")?.textContent ?? "";
  if (action === "copy") {
    options.copyCode(code);
    say(button, "Copied");
  } else if (action === "cell") options.insertCell?.(code);
}

/** The picture that a placeholder stands for; the reader has asked for it. */
function picture(placeholder: HTMLElement): HTMLImageElement {
  const made = document.createElement("img");
  made.className = "realm-md-picture";
  made.referrerPolicy = "no-referrer";
  made.alt = placeholder.dataset.realmAlt ?? "";
  made.src = placeholder.dataset.realmSrc ?? "";
  return made;
}

const SAID_FOR_MS = 1500;

function say(button: HTMLElement, text: string): void {
  if (button.dataset.realmSaying !== undefined) return;
  const before = button.textContent;
  button.dataset.realmSaying = "";
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
    delete button.dataset.realmSaying;
  }, SAID_FOR_MS);
}
