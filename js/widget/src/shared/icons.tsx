/** Line icons on a 20 by 20 grid, drawn in the colour of the text. */

const PATHS = {
  send: "M10 16V4.5M5 9l5-5 5 5",
  stop: "",
  copy: "M7.5 7.5h8v9h-8zM12.5 7.5v-4h-8v9h3",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  edit: "M4 16l.7-3.2L13 4.5l2.5 2.5-8.3 8.3zM11.3 6.2l2.5 2.5",
  regenerate: "M15.5 8A6 6 0 1 0 16 11M16 4v4h-4",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  down: "M5 8l5 5 5-5",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  settings: "M3.5 6.5h7M14.5 6.5h2M3.5 13.5h2M9.5 13.5h7M12.5 4.5v4M7.5 11.5v4",
  chats: "M3.5 5h13M3.5 10h13M3.5 15h8",
  plus: "M10 4v12M4 10h12",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5",
  close: "M5 5l10 10M15 5L5 15",
  cell: "M3.5 4h13v5h-13zM10 12v5M7.5 14.5h5",
  tokens: "M3.5 5.5h4v4h-4zM9.5 5.5h7v4h-7zM3.5 11.5h6v4h-6zM11.5 11.5h5v4h-5z",
  forward: "M4 5l5 5-5 5M11 5l5 5-5 5",
  toEnd: "M10 4v11M5.5 10.5L10 15l4.5-4.5",
  warning: "M10 3.5l7 12.5H3zM10 8.5v3.5M10 14h.01",
  unplugged: "M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v2.5",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  upload: "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
  code: "M7 6l-4 4 4 4M13 6l4 4-4 4",
  reset: "M4.5 8A6 6 0 1 1 4 11M4 4v4h4",
} as const;

export type IconName = keyof typeof PATHS;

/** One icon; what it means must be said in words beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="realm-icon" viewBox="0 0 20 20" aria-hidden="true">
      {name === "more" ? <path d={PATHS.more} stroke-width="2.6" /> : null}
      {name === "stop" ? <rect x="5.5" y="5.5" width="9" height="9" rx="2" /> : null}
      <path d={PATHS[name]} />
    </svg>
  );
}
