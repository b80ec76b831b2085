/** Gives the event loop a turn, so that messages and timers get in between two steps. */

const waiting: (() => void)[] = [];
let port: MessagePort | null = null;

/** Wait for the next turn; unlike a timer, it waits for no time. */
export function nextTurn(): Promise<void> {
  // Node has a function for it; a port there would keep the process alive.
  if (typeof setImmediate === "function") {
    return new Promise((resolve) => setImmediate(resolve));
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
    port ??= openPort();
    port.postMessage(null);
  });
}

/** A port whose messages come back, each of which ends one wait. */
function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return port2;
}
