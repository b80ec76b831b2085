/** The service worker: keeps the page for use offline, and lets its threads share memory. */

const RELOADED = "realm-reloaded";
/** Longer than any healthy browser takes; then the page goes on without. */
const PATIENCE_MS = 8_000;

/**
 * Register the service worker.
 *
 * Threads share memory only in a page with two headers that static hosts do not send. The service
 * worker adds them, from the second load on; so the first visit loads the page once more.
 *
 * @returns whether the page is about to load again.
 */
export async function prepareOffline(scriptUrl: string): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return false;
  try {
    const registration = await navigator.serviceWorker.register(scriptUrl, {
      updateViaCache: "none",
    });
    // What is fetched from now on is kept.
    const isReady = await isActive(registration);
    if (globalThis.crossOriginIsolated || !isReady) return false;
    // Once in a tab: where it does not help (in a frame, say) the page runs as it is.
    if (sessionStorage.getItem(RELOADED) !== null) return false;
    sessionStorage.setItem(RELOADED, "");
    location.reload();
    return true;
  } catch {
    return false; // private windows may refuse both
  }
}

function isActive(registration: ServiceWorkerRegistration): Promise<boolean> {
  if (registration.active !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), PATIENCE_MS);
    const coming = registration.installing ?? registration.waiting;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "activated") resolve(true);
      else if (coming.state === "redundant") resolve(false);
    });
  });
}
