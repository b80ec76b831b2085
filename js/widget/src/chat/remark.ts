/** What is worth a word about an answer. */
import type { Message } from "../shared/messages";

/** Return why an answer ended, if that is worth a word. */
export function remarkOn(message: Message): string {
  if (message.state === "stopped" || message.stats?.finish_reason === "cancelled") return "Stopped";
  if (message.stats?.finish_reason === "length") return "Length limit reached";
  return "";
}
