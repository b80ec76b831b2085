/** What a step of a guest says: `realm_event` of `realm.h`. */

import { GuestAbiError } from "../errors.js";

const HEADER_BYTES = 28;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One sampled token and what follows from it. */
export interface GuestEvent {
  /** 0 while the generation goes on, 1 at its end, 2 where its tokens are used up. */
  readonly finish: number;
  readonly tokenId: number;
  /** The token ends the generation and has no text. */
  readonly isEog: boolean;
  /** Natural log probability under the model's own distribution. */
  readonly logprob: number;
  /** Tokens to run next; none when finished. */
  readonly nextIds: readonly number[];
  /** The most likely token ids with their log probabilities, best first. */
  readonly alternatives: readonly (readonly [number, number])[];
  /** New text: whole characters, no part of a stop. */
  readonly text: string;
}

/** Read an event; nothing of it is trusted. */
export function parseEvent(bytes: Uint8Array): GuestEvent {
  if (bytes.byteLength < HEADER_BYTES) {
    throw new GuestAbiError(`the guest's event has ${bytes.byteLength} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const finish = view.getInt32(0, true);
  const tokenId = view.getInt32(4, true);
  const numNext = view.getUint32(16, true);
  const numAlternatives = view.getUint32(20, true);
  const textBytes = view.getUint32(24, true);
  const alternativesAt = HEADER_BYTES + 4 * numNext;
  const textAt = alternativesAt + 8 * numAlternatives;
  if (textAt + textBytes > bytes.byteLength) {
    throw new GuestAbiError(
      `the guest's event names ${numNext} next ids, ${numAlternatives} alternatives and ` +
        `${textBytes} bytes of text, which do not fit in its ${bytes.byteLength} bytes`,
    );
  }
  const nextIds = Array.from({ length: numNext }, (_, index) =>
    view.getInt32(HEADER_BYTES + 4 * index, true),
  );
  if (finish < 0 || finish > 2 || tokenId < 0 || nextIds.some((id) => id < 0)) {
    throw new GuestAbiError(
      `the guest's event is out of range: finish ${finish}, token ${tokenId}, next ${nextIds}`,
    );
  }
  return {
    finish,
    tokenId,
    isEog: view.getUint32(8, true) !== 0,
    logprob: view.getFloat32(12, true),
    nextIds,
    alternatives: Array.from({ length: numAlternatives }, (_, index) => [
      view.getInt32(alternativesAt + 8 * index, true),
      view.getFloat32(alternativesAt + 8 * index + 4, true),
    ]),
    text: strictText(bytes.subarray(textAt, textAt + textBytes), "text of the guest's event"),
  };
}

/** Text of a guest, which must be whole characters. */
export function strictText(bytes: Uint8Array, what: string): string {
  try {
    return DECODER.decode(bytes);
  } catch (error) {
    throw new GuestAbiError(`the ${what} is not UTF-8`, { cause: error });
  }
}
