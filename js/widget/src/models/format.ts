/** Sizes and counts of models as people read them. */

function scaled(value: number, units: readonly string[]): [number, string] {
  let size = value;
  for (const unit of units.slice(0, -1)) {
    // What would round up to a thousand belongs to the next unit.
    if (Math.abs(size) < 999.5) return [size, unit];
    size /= 1000;
  }
  return [size, units.at(-1) ?? ""];
}

/** `512 B`, `5.6 MB`, `1.2 GB`: decimal units, as the kernel's messages have them. */
export function formatBytes(value: number): string {
  const [size, unit] = scaled(value, ["B", "kB", "MB", "GB", "TB"]);
  const digits = unit !== "B" && Math.abs(size) < 99.95 ? 1 : 0;
  return `${size.toFixed(digits)} ${unit}`;
}

/** `999`, `12.3 K`, `7.2 B`: parameters of a model. */
export function formatParameters(value: number): string {
  const [size, unit] = scaled(value, ["", "K", "M", "B", "T"]);
  const digits = unit !== "" && Math.abs(size) < 99.95 ? 1 : 0;
  return `${size.toFixed(digits)} ${unit}`.trim();
}

/** `less than a second`, `12 s`, `2 min`, `1 h 5 min`: how long something will still take. */
export function formatRemaining(seconds: number): string {
  if (seconds < 1) return "less than a second";
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
