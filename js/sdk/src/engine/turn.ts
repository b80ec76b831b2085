/** Gives the event loop a turn, so that messages and timers get in between two steps. */

/** Wait for the next turn; unlike a timer, it waits for no time. */
export function nextTurn(): Promise<void> {
  // Node has a function for it; a port there would keep the process alive.
  if (typeof setImmediate === "function") {
    return new Promise((resolve) => setImmediate(resolve));
  }
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
