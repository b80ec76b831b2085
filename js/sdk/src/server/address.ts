/** Where the server is, and with which key. */

import { display } from "../display.js";
import { ConfigError } from "../errors.js";
import type { Platform } from "../platform.js";

const URL_VARIABLE = "REALM_BASE_URL";
const KEY_VARIABLE = "REALM_API_KEY";

/** A server's URL, without `/v1`, and the key to present. */
export class Address {
  readonly url: string;
  readonly apiKey: string | null;

  /** @throws ConfigError if there is no URL, or it is none, or the key cannot be sent. */
  constructor(
    baseUrl: string | URL | undefined,
    apiKey: string | undefined,
    platform: Pick<Platform, "variable">,
  ) {
    const url: unknown = baseUrl ?? platform.variable(URL_VARIABLE);
    if (url === undefined) {
      throw new ConfigError(
        'mode "server" needs baseUrl, such as "http://127.0.0.1:8080"; start one with `realm serve`',
        { field: "baseUrl" },
      );
    }
    this.url = checkedUrl(url);
    const key: unknown = apiKey ?? platform.variable(KEY_VARIABLE) ?? null;
    if (key !== null && (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key))) {
      throw new ConfigError("apiKey is not allowed: a key is text without spaces", {
        field: "apiKey",
      });
    }
    this.apiKey = key as string | null;
  }
}

function checkedUrl(value: unknown): string {
  try {
    const url = new URL(value as string | URL);
    if (url.protocol === "http:" || url.protocol === "https:") {
      url.search = "";
      url.hash = "";
      return url.href.replace(/\/+$/, "").replace(/\/v1$/, "").replace(/\/+$/, "");
    }
  } catch {
    // It is told below.
  }
  throw new ConfigError(
    `baseUrl=${display(value, 200)} is not allowed: it must be a URL such as "http://127.0.0.1:8080"`,
    { field: "baseUrl", value, allowed: "an http or https URL" },
  );
}
