/** Figures as people read them. */

const INTEGER = new Intl.NumberFormat("en");

/** `12,345` */
export function formatCount(value: number): string {
  return INTEGER.format(value);
}

/** `1 token`, `2 tokens` */
export function formatTokens(value: number): string {
  return `${formatCount(value)} ${value === 1 ? "token" : "tokens"}`;
}

/** `85 ms`, `1.2 s`, `12 s`, `2 min 5 s` */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `8.3 tokens/s`, `212 tokens/s` */
export function formatRate(tokensPerSecond: number): string {
  return `${tokensPerSecond < 99.95 ? tokensPerSecond.toFixed(1) : Math.round(tokensPerSecond)} tokens/s`;
}

/** `45 %`; never 100 % before it is, never 0 % after it began. */
export function formatShare(done: number, total: number): string {
  if (total <= 0) return "0 %";
  const share = Math.round((100 * done) / total);
  if (done < total) return `${Math.min(99, done > 0 ? Math.max(1, share) : 0)} %`;
  return `${share} %`;
}
