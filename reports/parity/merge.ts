import type { ParityTable } from "./compare.ts";

/**
 * What was measured now in place of what was known of the same programs; what was known of others stays, with the day it
 * was measured. Pure.
 */
export function mergeTables(known: readonly ParityTable[], measured: readonly ParityTable[]): ParityTable[] {
  const isOf = (a: ParityTable, b: ParityTable): boolean => a.other === b.other && a.behaviour === b.behaviour;
  const kept = known.map((table) => measured.find((now) => isOf(now, table)) ?? table);
  return [...kept, ...measured.filter((now) => !known.some((table) => isOf(now, table)))];
}
