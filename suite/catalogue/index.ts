/** The catalogue's own door: reading it loads neither cucumber's runtime nor any part under test. */
export { type Layout, layoutOf } from "../layout.ts";
export { EVERYTHING, isPartial, type Selection, select } from "../selection.ts";
export type { Case, Catalogue, Level, Problem, Strength } from "./case.ts";
export { assertSound, loadCatalogue, problemLine } from "./load.ts";
export { duplicateIds, parseFeature } from "./parse.ts";
