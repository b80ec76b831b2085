/** Loading a model in a server: by name, or by sending its file; progress as it comes. */

import type { LoadOptions } from "../backend.js";
import { display } from "../display.js";
import { APIConnectionError, ConfigError, LoadCancelledError } from "../errors.js";
import { isFiles } from "../model_id.js";
import type { Platform } from "../platform.js";
import type { ModelInfo, ModelSource } from "../types.js";
import { Cancelled, type Connection, type SendOptions } from "./connection.js";
import { fieldsOf, list, WrongField } from "./fields.js";
import { notUnderstood, parsedJson, remoteError } from "./remote_error.js";
import { loadProgress, modelInfo } from "./wire.js";

const PART = /-\d{5}-of-\d{5}\.gguf$/i;

/**
 * Load a model; needs an administrator's key.
 *
 * @param source A name that the server knows, else a file of this machine or its bytes, which
 *   are sent.
 * @throws LoadCancelledError, ConfigError, and what the server raised.
 */
export async function loadInServer(
  connection: Connection,
  platform: Pick<Platform, "findFile">,
  source: ModelSource,
  id: string,
  options: LoadOptions,
): Promise<ModelInfo> {
  const { signal } = options;
  try {
    const body = await bodyOf(connection, platform, source, signal);
    if (body === null) {
      const json = { source, id };
      return await follow(connection, "/admin/models/load", { json, signal }, options);
    }
    const path = `/admin/models/upload?id=${encodeURIComponent(id)}`;
    return await follow(connection, path, { body, signal, canRepeat: false }, options);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    throw new LoadCancelledError(`loading ${display(id)} was cancelled`);
  }
}

/** What is to be sent; null for a name that the server knows better. */
async function bodyOf(
  connection: Connection,
  platform: Pick<Platform, "findFile">,
  source: ModelSource,
  signal: AbortSignal | undefined,
): Promise<NonNullable<SendOptions["body"]> | null> {
  if (isFiles(source)) throw splitRefused("several files");
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  // Shared memory cannot be sent as it is.
  if (source instanceof Uint8Array) {
    return source.buffer instanceof ArrayBuffer
      ? (source as Uint8Array<ArrayBuffer>)
      : new Uint8Array(source);
  }
  if (source instanceof URL && source.protocol !== "file:") {
    throw new ConfigError(
      'in mode "server" a model is loaded by the name that the server has for it, or from bytes, ' +
        `a Blob or a file, not from ${display(source.href)}`,
      { field: "source", value: source.href },
    );
  }
  const file = await platform.findFile(source);
  if (file === null) return null;
  if (typeof source === "string" && (await isKnown(connection, source, signal))) return null;
  const place = String(source);
  if (PART.test(place)) throw splitRefused(display(place, 200));
  return file.stream();
}

/** Parts of a model are not sent: the server would have to find the others. */
function splitRefused(what: string): ConfigError {
  return new ConfigError(
    `a split model (${what}) is not sent: put all its files into the server's models folder ` +
      "(realm serve --models-dir) and load it by name",
    { field: "source" },
  );
}

async function isKnown(
  connection: Connection,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await connection.send("GET", "/admin/models", { signal });
  const text = await answer.text();
  try {
    return list(fieldsOf(parsedJson(text)), "sources").includes(name);
  } catch {
    throw notUnderstood("the server's list of models", text);
  }
}

async function follow(
  connection: Connection,
  path: string,
  send: SendOptions,
  options: LoadOptions,
): Promise<ModelInfo> {
  const answer = await connection.send("POST", path, send);
  for await (const { name, data } of answer.events()) {
    const parsed = parsedJson(data);
    try {
      if (name === "progress") {
        const progress = loadProgress(parsed);
        options.onProgress?.(progress);
      } else if (name === "loaded") return modelInfo(fieldsOf(parsed).model);
      else if ("error" in fieldsOf(parsed)) throw remoteError(200, data);
    } catch (error) {
      if (error instanceof WrongField) throw notUnderstood("the server's stream", data);
      throw error;
    }
  }
  throw new APIConnectionError("the server ended the stream before the model was loaded");
}
