/** Bundles that are fetched from the kernel's side only when they are needed. */
import type { AssetLoader } from "./types";

const loaded = new Map<string, Promise<unknown>>();

/**
 * Import a bundle that ships beside the widget's.
 *
 * Each bundle is evaluated once in a page; a failed load may be tried again. A module from a
 * Blob URL needs no `unsafe-eval`, and no more of a content security policy than the widget.
 */
export function loadBundle<Exports>(name: string, asset: AssetLoader): Promise<Exports> {
  let pending = loaded.get(name);
  if (pending === undefined) {
    pending = asset(name).then(importText);
    pending.catch(() => loaded.delete(name));
    loaded.set(name, pending);
  }
  return pending as Promise<Exports>;
}

async function importText(source: string | object): Promise<unknown> {
  if (typeof source !== "string") return source;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
