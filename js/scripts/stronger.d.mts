import type { Plugin } from "esbuild";

export function stronger(css: string): string;
export const strongerStyles: Plugin;
