export { type PfxContent, type PfxDialect, readPfx } from "./read.ts";
export { writePfx } from "./write.ts";
