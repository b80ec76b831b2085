/** What `realm export-web` wrote into the page: the model, its files, and how it answers. */
import type { Field, json } from "../../widget/src/shared/messages";

/** A file of the model, or a part of it; the parts in their order are the model. */
export interface ModelPart {
  /** Relative to the page. */
  path: string;
  num_bytes: number;
  /** SHA-256, in hexadecimal. */
  sha256: string;
}

export interface ModelCard {
  id: string;
  name: string;
  description: string;
  author: string;
  licence: string;
  /** Where the licence can be read; empty where the file does not say. */
  licence_url: string;
  architecture: string;
  quant_type: string;
  num_parameters: number;
  context_length: number;
  file_bytes: number;
  parts: ModelPart[];
}

export interface PageData {
  title: string;
  /** System prompt at first. */
  system: string;
  /** Threads of the kernels; null: as many as suit the reader's machine. */
  threads: number | null;
  model: ModelCard;
  fields: Field[];
  /** Sampling settings that differ from their defaults at first. */
  values: Record<string, json>;
}

/** Read what the page holds. */
export function readPageData(document: Document): PageData {
  const text = document.getElementById("page-data")?.textContent;
  if (!text) throw new Error("The page holds no data: export it again.");
  return JSON.parse(text) as PageData;
}

/** Cache of the model's parts; pages of one origin have caches of their own. */
export function modelCacheName(scope: string): string {
  return `realm-model ${scope}`;
}

/** Cache of the page's own files. */
export function appCacheName(scope: string, version: string): string {
  return `realm-app ${scope} ${version}`;
}
