/** Keys pressed in a view belong to the view, not to the notebook around it. */

const SUPPRESS = "lmSuppressShortcuts";

/**
 * Keep the notebook's shortcuts (such as D D, which deletes the cell) from acting on keys that
 * are pressed inside `el`, but for saving. Returns the end of it.
 */
export function guardShortcuts(el: HTMLElement): () => void {
  // JupyterLab looks for this attribute between the target and the page.
  el.dataset[SUPPRESS] = "true";

  const isSave = (event: KeyboardEvent) =>
    (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s";

  // JupyterLab listens on the document while the event goes down, so this must come before.
  const before = (event: KeyboardEvent) => {
    if (!isSave(event) || !(event.target instanceof Node) || !el.contains(event.target)) return;
    delete el.dataset[SUPPRESS];
    setTimeout(() => {
      el.dataset[SUPPRESS] = "true";
    });
  };
  // Other front ends listen while the event comes back up.
  const up = (event: KeyboardEvent) => {
    if (!isSave(event)) event.stopPropagation();
  };
  window.addEventListener("keydown", before, true);
  el.addEventListener("keydown", up);
  return () => {
    window.removeEventListener("keydown", before, true);
    el.removeEventListener("keydown", up);
  };
}
