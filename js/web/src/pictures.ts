/** Pictures in answers: the page fetches nothing from elsewhere, so they open in a tab. */

/** Have the buttons for pictures from elsewhere open them in a tab of their own. */
export function openPictures(root: HTMLElement): void {
  const onClick = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>("[data-realm-action=image]");
    const url = button?.dataset.realmSrc ?? "";
    if (!/^https?:/i.test(url)) return;
    event.stopPropagation();
    window.open(url, "_blank", "noopener,noreferrer");
  };
  // Before the answer's own handler.
  root.addEventListener("click", onClick, { capture: true });
}
