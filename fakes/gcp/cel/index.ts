export { type CelScope, evaluateCel, Timestamp } from "./evaluate.ts";
export { CelError, type Expression, parseCel } from "./parse.ts";
