import { type DestinationStream, pino } from "pino";
import type { Clock } from "./clock.ts";
import { MountproofError, messageOf } from "./errors.ts";
import type { Secret } from "./redaction.ts";

/**
 * What a log line may carry. There is no room for free-form objects: a secret reaches a line only as a
 * {@link Secret}, which prints as `***` (redaction by construction, not by a list of key names).
 */
export type LogFields = { readonly [name: string]: string | number | boolean | undefined | Secret | readonly string[] };

export type LogLevel = "error" | "warn" | "info" | "debug";

export interface Log {
  /** `cause` is what was thrown: its text and code are logged, never its properties. */
  error(message: string, fields?: LogFields, cause?: unknown): void;
  warn(message: string, fields?: LogFields, cause?: unknown): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same log with fields that every line carries. */
  child(fields: LogFields): Log;
}

export type LogOptions = {
  readonly clock: Clock;
  readonly level?: LogLevel;
  /** Where lines go; standard error by default. */
  readonly destination?: DestinationStream;
  readonly name?: string;
};

/** One JSON object a line: level, time (ISO, the clock's), name, message, fields. */
export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level ?? "info",
      base: options.name === undefined ? null : { name: options.name },
      messageKey: "message",
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return wrap(logger);
}

/** A log that drops everything. */
export const silentLog: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => silentLog,
};

type PinoLike = {
  [level in LogLevel]: (fields: object, message: string) => void;
} & { child(fields: object): PinoLike };

function wrap(logger: PinoLike): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}, cause?: unknown): void =>
      logger[level](cause === undefined ? fields : { ...fields, error: describeCause(cause) }, message);
  return {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** Only the text and code of an error are logged; its properties may hold requests, and those hold secrets. */
function describeCause(cause: unknown): string {
  return cause instanceof MountproofError ? `${cause.code}: ${cause.message}` : messageOf(cause);
}
