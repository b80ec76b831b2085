/** Server-sent events from bytes that come in any pieces. */

import { APIError } from "../errors.js";

/** Data of the last event of a stream. */
export const DONE = "[DONE]";

/** One event: its name ("message" unless the server gave another) and its data. */
export interface ServerEvent {
  name: string;
  data: string;
}

const MAX_EVENT_CHARACTERS = 64 << 20;

/** Collects bytes and gives whole events. */
export class ServerEventReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** Pieces of a line whose end has not come. */
  #line: string[] = [];
  #numCharacters = 0;
  #endsWithReturn = false;
  #data: string[] = [];
  #name = "";

  /**
   * Take more bytes and give the events that they complete.
   *
   * @throws APIError if the stream is no UTF-8, or an event is larger than 64 Mi characters.
   */
  feed(bytes: Uint8Array): ServerEvent[] {
    let text = this.#decode(bytes);
    this.#numCharacters += text.length;
    if (this.#numCharacters > MAX_EVENT_CHARACTERS) {
      throw new APIError(`the server sent an event of more than ${MAX_EVENT_CHARACTERS >> 20} MiB`);
    }
    if (!text.includes("\n") && !text.includes("\r")) {
      if (text !== "") {
        this.#line.push(text);
        this.#endsWithReturn = false;
      }
      return [];
    }
    // A line ends with \n, \r or \r\n, also where these two come in two pieces.
    if (this.#endsWithReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") this.#endsWithReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() as string;
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const whole = this.#line.join("") + line;
      this.#line = [];
      const event = this.#take(whole);
      if (event !== null) events.push(event);
    }
    if (rest !== "") this.#line.push(rest);
    return events;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw new APIError("the server's events are not UTF-8 text", { cause: error });
    }
  }

  #take(line: string): ServerEvent | null {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#name = value;
    return null;
  }

  #finish(): ServerEvent | null {
    const { length } = this.#data;
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    this.#data = [];
    this.#name = "";
    this.#numCharacters = 0;
    return length === 0 ? null : event;
  }
}
