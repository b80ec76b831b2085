/** The ways out of the page: the clipboard, a file, a cell. */

/** Copy `text`; returns whether it worked. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No permission, no focus, or a page without TLS: the old way needs none of these.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.style.cssText = "position:fixed;top:0;left:0;opacity:0";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}

/** Offer `text` as a file. */
export function saveFile(text: string, filename: string, mime: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${mime};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** What JupyterLab and Notebook 7 show of themselves when started with `expose_app_in_browser`. */
interface JupyterApp {
  commands: { execute(command: string): Promise<unknown> };
  shell: {
    currentWidget?: {
      content?: {
        activeCell?: { model?: { sharedModel?: { setSource(text: string): void } } };
      };
    };
  };
}

/**
 * Put `text` into a new cell below, where the front end lets a widget do that.
 *
 * @returns whether it did; if not, the caller copies and says how to go on.
 */
export async function insertCell(text: string, kind: "code" | "markdown"): Promise<boolean> {
  const app = (window as { jupyterapp?: JupyterApp }).jupyterapp;
  if (app === undefined) return false;
  try {
    await app.commands.execute("notebook:insert-cell-below");
    if (kind === "markdown") await app.commands.execute("notebook:change-cell-to-markdown");
    const model = app.shell.currentWidget?.content?.activeCell?.model?.sharedModel;
    model?.setSource(text);
    return model !== undefined;
  } catch {
    return false;
  }
}

/** How to get what was copied into a cell. */
export const PASTE_HINT = "Copied. For a new cell below: Esc, B, Enter, then paste.";
