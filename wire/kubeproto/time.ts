/** Instants as Kubernetes prints them: metav1.Time in whole seconds, metav1.MicroTime with six digits. */

/** RFC 3339 in UTC, or undefined for Go's zero time, which is sent as an empty message. */
export function formatTime(seconds: number): string | undefined {
  return seconds === 0 ? undefined : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function formatMicroTime(seconds: number, nanos: number): string | undefined {
  if (seconds === 0 && nanos === 0) return undefined;
  const micros = String(Math.floor(nanos / 1000)).padStart(6, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}

/** Seconds and nanoseconds of RFC 3339 text; undefined when it is none. */
export function parseTime(text: string): { readonly seconds: number; readonly nanos: number } | undefined {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) return undefined;
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? "";
  return { seconds: Math.floor(milliseconds / 1000), nanos: Number(fraction.padEnd(9, "0")) };
}
